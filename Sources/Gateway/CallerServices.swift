import Configuration
import Guards
import Logging
import NIOCore
import Vendors

/// What outlives every reload of the route table, once per process: what finding out who is calling needs, and what is known of upstreams.
final class CallerServices: Sendable {
  let sessionTokens = SessionTokenStore()
  let issuers = Issuers()
  let fetch: HTTPFetch
  let inquirer: Inquirer
  let upstreams = UpstreamTable()

  init(group: any EventLoopGroup, logger: Logger) {
    let fetch = HTTPFetch(group: group, logger: logger)
    self.fetch = fetch
    inquirer = Inquirer { await fetch.fetch($0) }
  }
}

extension GatewayCore {
  /// What is known of upstreams.
  var upstreams: UpstreamTable { callers.upstreams }

  /// What a request asks for, as guards see it: where it comes from and what it presents.
  ///
  /// - Parameters:
  ///   - credential: what was found in the request; the usual places come before a cookie.
  ///   - takesCookie: whether the cookie `token` may be a credential.
  func admissionRequest(
    _ head: RequestHead, _ credential: ClientCredential, takesCookie: Bool, on connection: AcceptedConnection, _ snapshot: Snapshot
  ) -> AdmissionRequest {
    let client = client(of: head, peer: connection.peer, snapshot)
    var request = AdmissionRequest(
      client: client, ip: logged(client), origin: head.origin,
      credential: credential.credential, isAmbiguous: credential.isAmbiguous, place: CredentialPlace(credential.place))
    guard request.credential == nil, takesCookie else { return request }
    let cookies = head.cookies("token")
    request.credential = cookies.first
    request.place = cookies.isEmpty ? nil : .cookie
    request.isAmbiguous = cookies.contains { $0 != cookies.first }
    return request
  }

  /// The client of a request, by what trusted proxies say of it.
  func client(of head: RequestHead, peer: IPAddress, _ snapshot: Snapshot) -> ClientAddress {
    let forwarding = ForwardingHeaders(
      forwarded: head.values("Forwarded"), forwardedFor: head.values("X-Forwarded-For"), realIP: head.values("X-Real-IP"))
    return ClientAddress(peer: peer, trusted: snapshot.configuration.trustedProxies, headers: forwarding)
  }

  /// Finds out who is calling, asking others where a guard has to.
  func caller(_ evidence: Evidence, _ request: AdmissionRequest, policy: RoutePolicy) async throws(Refusal) -> Caller? {
    guard !policy.credentials.isEmpty else { return nil }
    // Who presents nothing that could be guessed is not kept out by others' guesses. What `forward` passes on may be anything.
    if request.credential?.isEmpty == false || policy.credentials.contains(where: { $0 is ForwardGuard }) {
      try admission.mayTry(request, policy: policy, now: .now)
    }
    let identification = await callers.inquirer.identify(evidence, by: policy.credentials) { [metrics] method, said in
      metrics.authentications(policy.route, method, said.name).add()
    } now: {
      .now
    }
    if case .unavailable = identification {
      // An issuer that answers, but not with keys, is seen nowhere else.
      for case let guarded as JWTGuard in policy.credentials {
        guard let failure = guarded.keysFailure else { continue }
        logger.warning("no keys", metadata: ["route": "\(policy.route)", "error": "\(failure)"])
      }
    }
    return try admission.settle(identification, request, policy: policy, now: .now)
  }
}

extension Identification {
  /// The label of the metric.
  fileprivate var name: String {
    switch self {
    case .caller: "accepted"
    case .unavailable: "unavailable"
    // `.ask` and `.absent` are no last words of whoever looked at something.
    case .refused, .absent, .ask: "refused"
    }
  }
}

extension RoutePolicy {
  /// Whether one of the guards goes by the certificate of the connection.
  var asksForCertificate: Bool { credentials.contains { $0 is MTLSGuard } }
}

extension RouteService {
  /// Whether one of the route's methods looks at a cookie.
  func takesCookie(_ snapshot: Snapshot) -> Bool { snapshot.configuration.takesCookie(route.authentication) }
}

extension GatewayConfiguration {
  func takesCookie(_ authentication: RouteAuthentication?) -> Bool {
    authentication?.names.contains { self.authentication[$0]?.places?.contains(.cookie) ?? false } ?? false
  }
}

extension CredentialPlace {
  init?(_ place: ClientCredential.Place?) {
    switch place {
    case .header(let name) where name.lowercased() == "authorization": self = .authorization
    case .header: self = .vendor
    case .query: self = .query
    case .subprotocol: self = .subprotocol
    case nil: return nil
    }
  }
}

extension RequestHead {
  /// Every value of a cookie (RFC 6265 section 5.4); names are compared exactly.
  func cookies(_ name: String) -> [String] {
    values("Cookie").flatMap { $0.split(separator: ";") }.compactMap { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, Self.trimmed(parts[0]) == name else { return nil }
      let value = Self.trimmed(parts[1])
      return value.isEmpty ? nil : value
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
