import Configuration
import Guards
import JSON
import Telemetry
import Tokens

/// What it costs to let a session in, and to count it out again, per way of authentication.
enum AdmissionParts {
  private static let now: Int64 = 1_800_000_060

  static func all() throws -> [Part] {
    guard let pattern = OriginPattern("https://app.example.com") else { throw PartFailure(text: "no origin") }
    var open = RoutePolicy("/listen")
    open.origin = OriginGuard([pattern])
    open.tier.opens = [.init("tier", per: .address, Allowance(count: 1_000_000, per: 1_000_000_000))]
    open.tier.sessions = [.init("tier", per: .address, 10)]

    let secret = SecureRandom.bytes(32)
    let claims: JSONValue = [
      "sub": "user-2f6b1c", "iss": "https://id.example.com", "aud": "voxgate", "iat": 1_800_000_000, "exp": 1_800_003_600, "tier": "gold",
    ]
    let apiKey = "vgk_" + Base64URL.encode(SecureRandom.bytes(32))
    var entry = APIKey()
    (entry.fingerprint, entry.subject) = (Fingerprint(of: apiKey), "kiosk")
    var parts = [
      admit("admission, no credential", open, credential: nil),
      admit("admission, API key", open, by: APIKeyGuard(APIKeySet([entry])), credential: apiKey),
      admit("admission, JWT HS256", open, by: jwt("HS256", .secret(secret)), credential: JSONWebToken.sign(claims, secret: secret)),
      try sessionTokens(open),
    ]
    for signed in SignedToken.all {
      let keys = VerificationKeys.publicKey(try key(of: signed))
      parts.append(admit("admission, JWT \(signed.algorithm) seen before", open, by: jwt(signed.algorithm, keys), credential: signed.token))
    }
    return try parts + SignedToken.all.map(signature)
  }

  private static func key(of signed: SignedToken) throws -> PublicKey {
    try PublicKey(pem: Array("-----BEGIN PUBLIC KEY-----\n\(signed.key)\n-----END PUBLIC KEY-----\n".utf8))
  }

  private static func jwt(_ algorithm: String, _ keys: VerificationKeys) -> JWTGuard {
    JWTGuard(
      JSONWebToken.Verifier(
        algorithms: SigningAlgorithm(rawValue: algorithm).map { [$0] } ?? [], keys: keys, issuer: "https://id.example.com",
        audience: ["voxgate"]),
      tierClaim: "tier")
  }

  /// Clients of a thousand addresses come in turn, each with an exact origin, a limit on openings and one on sessions.
  private static func admit(_ name: String, _ open: RoutePolicy, by method: (any CallerGuard)? = nil, credential: String?) -> Part {
    var policy = open
    policy.credentials = method.map { [$0] } ?? []
    let admission = Admission(capacity: 10_000)
    let requests = (0..<1024).map { request($0, credential) }
    var time: UInt64 = 0
    return Part(name, operations: requests.count, expecting: requests.count) {
      var sum = 0
      for request in requests {
        time += 100_000
        sum += await admit(request, policy, admission, at: time)
      }
      return sum
    }
  }

  /// Each token opens one session, so it is given out first, which counts as well.
  private static func sessionTokens(_ open: RoutePolicy) throws -> Part {
    let tokens = SessionTokenGuard(SessionTokenStore.Terms(issuer: "page"), store: SessionTokenStore())
    var policy = open
    policy.credentials = [tokens]
    let admission = Admission(capacity: 10_000)
    let requests = (0..<1024).map { request($0, nil) }
    var time: UInt64 = 0
    return Part("admission, session token given out and used", operations: requests.count, expecting: requests.count) {
      var sum = 0
      for var request in requests {
        time += 100_000
        let moment = Moment(monotonic: time, unixSeconds: now)
        request.credential = try? tokens.issue(to: nil, for: Evidence(request, route: policy.route), now: moment).token
        sum += await admit(request, policy, admission, at: time)
      }
      return sum
    }
  }

  private static func request(_ number: Int, _ credential: String?) -> AdmissionRequest {
    let address = IPAddress(bits: 0xFFFF_C633_0000 + UInt128(number))
    return AdmissionRequest(
      client: ClientAddress(address), ip: address.masked, origin: "https://app.example.com", credential: credential,
      place: credential == nil ? nil : .authorization)
  }

  /// For guards that ask nobody.
  private static let nobody = Inquirer { _ in .failed("unasked") }

  /// The sessions that the address has then.
  private static func admit(_ request: AdmissionRequest, _ policy: RoutePolicy, _ admission: Admission, at time: UInt64) async -> Int {
    let moment = Moment(monotonic: time, unixSeconds: now)
    let entered = try? await admission.admit(request, policy: policy, now: { moment }) { () async throws(Refusal) in
      try await admission.caller(Evidence(request, route: policy.route), request, policy: policy, by: nobody) { moment }
    }
    guard let admitted = entered else { return 0 }
    let count = admitted.sessions
    admitted.release()
    return count
  }

  /// The signature of a token that was never seen: OpenSSL's part of an admission.
  private static func signature(_ signed: SignedToken) throws -> Part {
    let key = try key(of: signed)
    let parts = signed.token.split(separator: ".")
    let input = Array(signed.token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    guard let signature = Base64URL.decode(parts[2]), let algorithm = SigningAlgorithm(rawValue: signed.algorithm) else {
      throw PartFailure(text: "no signature of \(signed.algorithm)")
    }
    return Part("signature, \(signed.algorithm)", operations: 16, expecting: 16) {
      (0..<16).reduce(0) { sum, _ in sum + (key.verifiesAnew(signature, of: input, algorithm: algorithm) ? 1 : 0) }
    }
  }
}
