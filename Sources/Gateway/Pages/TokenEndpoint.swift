import Configuration
import Guards
import NIOCore
import Telemetry
import Vendors

/// The path that gives session tokens out: `{"token":...,"expiresAt":...}` to whoever the method's own authentication knows.
struct TokenEndpoint: Sendable {
  let path: String
  let crossOrigin: CrossOrigin
  private let method: SessionTokenMethod
  private let tokens: SessionTokenGuard
  /// Who may fetch one.
  private let credentials: [any CallerGuard]
  /// Those that take its tokens.
  private let routes: [RouteService]
  private let origins: OriginGuard
  private let limit: Allowance

  /// - Parameter routes: at least one.
  init(_ method: SessionTokenMethod, tokens: SessionTokenGuard, credentials: [any CallerGuard], routes: [RouteService]) {
    path = method.path
    self.method = method
    self.tokens = tokens
    self.credentials = credentials
    self.routes = routes
    origins = OriginGuard(method.origins)
    crossOrigin = CrossOrigin(origins: method.origins, settings: routes[0].route.cors)
    limit = Allowance(method.limit)
  }

  /// Answers a request for a token. A body that comes with it is not looked at.
  func answer(_ head: RequestHead, on connection: AcceptedConnection, _ core: GatewayCore) async -> HTTPAnswer {
    let snapshot = core.snapshot
    let client = ClientRequest(query: head.query, headers: head.headers.map { ($0.name, $0.value) })
    let credential = ClientCredential.extract(client, nil)
    let request = core.admissionRequest(
      head, credential, takesCookie: snapshot.configuration.takesCookie(method.authentication), on: connection, snapshot)
    var budget: Budget?
    var answer: HTTPAnswer
    do throws(Refusal) {
      try checkMethod(head)
      budget = try core.admission.request(request.client, ip: request.ip, path: path, of: "tokens", limit: limit, now: .now)
      let issued = try await issue(head, request, connection, core)
      answer = HTTPAnswer.json(issued.body)
      // RFC 6749 section 5.1 says the same of its tokens.
      answer.headers.append(("Cache-Control", "no-store"))
    } catch {
      error.event?.log(to: core.logger, of: connection.label)
      core.metrics.refusals(path, error.type).add()
      answer = HTTPAnswer(error, session: connection.session)
      if error.kind == .methodNotAllowed {
        answer.headers.removeAll { $0.0 == "Allow" }
        answer.headers.append(("Allow", (method.methods.map(\.rawValue) + ["OPTIONS"]).joined(separator: ", ")))
      }
      if error.budget != nil { budget = nil }
    }
    answer.headers += (budget?.headers ?? []).map { ($0.name, $0.value) }
    return answer
  }

  private func checkMethod(_ head: RequestHead) throws(Refusal) {
    guard method.methods.contains(where: { $0.rawValue == head.method }) else { throw Refusal(.methodNotAllowed) }
  }

  private func issue(
    _ head: RequestHead, _ request: AdmissionRequest, _ connection: AcceptedConnection, _ core: GatewayCore
  ) async throws(Refusal) -> SessionTokenStore.Issued {
    var policy = try route(head).policy
    policy.origin = origins
    policy.credentials = credentials
    policy.credentialRequired = true
    try core.admission.allows(request, policy: policy)
    let certificate = policy.asksForCertificate ? await connection.certificate() : nil
    let evidence = Evidence(request, route: policy.route, certificate: certificate, headers: head.headers)
    let caller = try await core.caller(evidence, request, policy: policy)
    do throws(CredentialError) {
      let issued = try tokens.issue(to: caller, for: evidence, now: .now)
      let subject = caller?.subject ?? JWTGuard.unknownSubject
      let event = SecurityEvent.sessionTokenIssued(ip: request.ip, userId: subject, route: policy.route)
      event.log(to: core.logger, of: connection.label)
      return issued
    } catch {
      // Good to the second, by the leeway that clocks are given, and not long enough for a token.
      if error.name == "expired" {
        throw Refusal(
          .unauthorized, message: "Invalid or expired token", event: .authFailedInvalidToken(ip: request.ip, error: error.name))
      }
      // It is to be bound to an origin, and there is none to bind it to.
      throw Refusal(.forbiddenOrigin, event: .blockedInvalidOrigin(ip: request.ip, origin: request.origin ?? ""))
    }
  }

  /// The route that the token is for.
  private func route(_ head: RequestHead) throws(Refusal) -> RouteService {
    let asked = Query(head.query).values("route")
    guard let name = asked.first else {
      guard routes.count == 1 else { throw Refusal(.badRequest, message: "Say for which route: ?route=/path") }
      return routes[0]
    }
    guard asked.count == 1, let route = routes.first(where: { $0.name == name }) else {
      throw Refusal(.badRequest, message: "No such route takes these tokens")
    }
    return route
  }
}
