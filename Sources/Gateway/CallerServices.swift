import Configuration
import Guards
import Logging
import NIOCore
import Telemetry
import Vendors

/// What outlives every reload of the route table, once per process: what finding out who is calling needs, and what is known of upstreams.
final class CallerServices: Sendable {
  let sessionTokens: SessionTokenStore
  let issuers = Issuers()
  let fetch: HTTPFetch
  let inquirer: Inquirer
  let upstreams = UpstreamTable()

  init(group: any EventLoopGroup, metrics: GatewayMetrics = GatewayMetrics(), logger: Logger) {
    sessionTokens = SessionTokenStore(evictions: metrics.storeEvictions("session_tokens"))
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
    let client = connection.client
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

  /// Finds out who is calling, asking others where a guard has to.
  func caller(_ evidence: Evidence, _ request: AdmissionRequest, policy: RoutePolicy) async throws(Refusal) -> Caller? {
    do throws(Refusal) {
      return try await admission.caller(evidence, request, policy: policy, by: callers.inquirer) { [metrics] method, said in
        metrics.authentications(policy.route, method, said.name).add()
      } now: {
        .now
      }
    } catch {
      // An issuer that answers, but not with keys, is seen nowhere else.
      if error.kind == .authenticationUnavailable {
        for case let guarded as JWTGuard in policy.credentials {
          guard let failure = guarded.keysFailure else { continue }
          logger.warning("no keys", metadata: ["route": "\(policy.route)", "error": "\(failure)"])
        }
      }
      throw error
    }
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
