import Configuration
import Guards
import JSON
import Tokens

/// What it costs to let a session in, and to count it out again, per way of authentication.
enum AdmissionParts {
  static func all() throws(PartFailure) -> [Part] {
    guard let pattern = OriginPattern("https://app.example.com") else { throw PartFailure(text: "no origin") }
    var open = RoutePolicy("/listen")
    open.origin = OriginGuard([pattern])
    open.tier.opens = [.init("tier", per: .address, Allowance(count: 1_000_000, per: 1_000_000_000))]
    open.tier.sessions = [.init("tier", per: .address, 10)]

    let secret = SecureRandom.bytes(32)
    let claims: JSONValue = [
      "sub": "user-2f6b1c", "iss": "https://id.example.com", "aud": "voxgate", "iat": 1_800_000_000, "exp": 1_800_003_600, "tier": "gold",
    ]
    var jwt = open
    let verifier = JSONWebToken.Verifier(
      algorithms: [.hs256], secret: secret, issuer: "https://id.example.com", audience: ["voxgate"])
    jwt.credentials = [JWTGuard(verifier, tierClaim: "tier")]
    return [
      admit("admission, no credential", open, credential: nil),
      admit("admission, JWT HS256", jwt, credential: JSONWebToken.sign(claims, secret: secret)),
    ]
  }

  /// Clients of a thousand addresses come in turn, each with an exact origin, a limit on openings and one on sessions.
  private static func admit(_ name: String, _ policy: RoutePolicy, credential: String?) -> Part {
    let admission = Admission(capacity: 10_000)
    let requests = (0..<1024).map { number in
      let address = IPAddress(bits: 0xFFFF_C633_0000 + UInt128(number))
      return AdmissionRequest(
        client: ClientAddress(address), ip: address.masked, origin: "https://app.example.com", credential: credential,
        place: credential == nil ? nil : .authorization)
    }
    var now: UInt64 = 0
    return Part(name, operations: requests.count, expecting: requests.count) {
      requests.reduce(0) { sum, request in
        now += 100_000
        let moment = Moment(monotonic: now, unixSeconds: 1_800_000_060)
        guard let admitted = try? admission.admit(request, policy: policy, now: moment) else { return sum }
        let count = admitted.sessions
        admitted.release()
        return sum + count
      }
    }
  }
}
