import Configuration
import JSON
import Telemetry
import Tokens
@testable import Guards

let second: UInt64 = 1_000_000_000
let minute: UInt64 = 60 * second

/// An address in a test; a text that is none becomes 0.0.0.0, which no table expects.
func ip(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }

func address(_ text: String) -> LimitKey { LimitKey("test", .address(AddressKey(ip(text)))) }

func networks(_ texts: String...) -> [IPPrefix] { texts.compactMap { IPPrefix($0) } }

/// The secret that no output may ever hold.
let canary = "canary-secret-0123456789abcdefghij"

let issuedAt: Int64 = 1_795_762_566

func moment(_ nanoseconds: UInt64 = 0) -> Moment { Moment(monotonic: 1_000 * second + nanoseconds, unixSeconds: issuedAt) }

/// A token of the canary secret.
func token(subject: String? = "alice", expires: Int64 = issuedAt + 300, secret: String = canary, more: [(String, String)] = []) -> String {
  var members = ["\"exp\":\(expires)"]
  if let subject { members.append("\"sub\":\"\(subject)\"") }
  members += more.map { "\"\($0.0)\":\($0.1)" }
  let parts = [#"{"alg":"HS256","typ":"JWT"}"#, "{\(members.joined(separator: ","))}"]
  let input = parts.map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
  return input + "." + Base64URL.encode(HMAC.code(of: Array(input.utf8), key: Array(secret.utf8), hash: .sha256))
}

func jwt(tierClaim: String? = nil, routesClaim: String? = nil) -> JWTGuard {
  JWTGuard(
    JSONWebToken.Verifier(algorithms: [.hs256], secret: Array(canary.utf8), requiredClaims: ["exp"]), tierClaim: tierClaim,
    routesClaim: routesClaim)
}

func request(
  from text: String = "192.168.1.10", origin: String? = nil, credential: String? = nil, place: CredentialPlace? = nil
) -> AdmissionRequest {
  let client = ClientAddress(ip(text))
  return AdmissionRequest(client: client, ip: client.logged(masked: true), origin: origin, credential: credential, place: place)
}

/// What a guard refused with; nil when it did not.
func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}

/// The same of what takes its time.
func later(_ body: () async throws(Refusal) -> Void) async -> Refusal? {
  do {
    try await body()
    return nil
  } catch {
    return error
  }
}

extension Admission {
  /// As the gateway does it, for guards that ask nobody.
  func admit(_ request: AdmissionRequest, policy: RoutePolicy?, now: Moment) async throws(Refusal) -> Admitted {
    try await admit(request, policy: policy, now: { now }) { () async throws(Refusal) in
      guard let policy else { return nil }
      return try await authenticate(request, policy: policy, now: now)
    }
  }

  func authenticate(_ request: AdmissionRequest, policy: RoutePolicy, now: Moment) async throws(Refusal) -> Caller? {
    let nobody = Inquirer { _ in .failed("unasked") }
    return try await caller(Evidence(request, route: policy.route), request, policy: policy, by: nobody) { now }
  }
}

/// An admitted session in a collection.
final class Kept {
  private var admitted: Admitted?
  private(set) var tier = ""
  private(set) var sessionLength: Duration?
  private(set) var meters: [Metered] = []
  private(set) var budget: Budget?
  private(set) var sessions = 0
  private(set) var isKnown = false
  private(set) var keys: [LimitKey] = []

  init(_ admitted: consuming Admitted) {
    keep(admitted)
  }

  private func keep(_ admitted: consuming Admitted) {
    tier = admitted.tier.name
    sessionLength = admitted.sessionLength
    meters = admitted.meters
    budget = admitted.budget
    sessions = admitted.sessions
    isKnown = admitted.caller != nil
    keys = admitted.lease.keys
    self.admitted = consume admitted
  }

  func identify(_ admission: Admission, _ caller: Caller?, _ policy: RoutePolicy, _ now: Moment) throws(Refusal) {
    guard var admitted = admitted.take() else { return }
    do throws(Refusal) {
      try admission.identify(&admitted, as: caller, policy: policy, now: now)
    } catch {
      keep(admitted)
      throw error
    }
    keep(admitted)
  }

  func release() -> String {
    admitted.take()?.release()
    return "released"
  }
}
