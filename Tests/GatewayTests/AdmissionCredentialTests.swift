import Glibc
import JSON
import TestSupport
import Testing
import Tokens
import WebSocket

/// Who is calling: JSON Web Tokens from wherever a client may put one, and none of them any further than the gateway.
@Suite struct AdmissionCredentialTests {
  private static let vendorKey = "canary-vendor-key-0123456789"

  /// A token that the routes of these tests accept, except for what is said otherwise; null leaves a claim out.
  static func token(
    _ claims: [(String, JSONValue)] = [], secret: String = RefusalTests.secret, hash: HMAC.Hash = .sha256
  ) throws -> String {
    var object: JSONObject = ["sub": "alice", "exp": .int(Int64(time(nil)) + 600), "aud": "voxgate"]
    for (name, value) in claims { object[name] = value.isNull ? JSONValue?.none : value }
    return JSONWebToken.sign(.object(object), secret: Array(secret.utf8), hash: hash)
  }

  private let listener: RawListener
  private let gateway: GatewayProcess

  init() throws {
    listener = try RawListener()
    let table =
      AdmissionTable.head + AdmissionTable.vendor(port: listener.port) + """
        authentication:
          app: {type: jwt, secret: {env: JWT_SECRET}, audience: voxgate, issuer: "https://login.test"}
          open: {type: jwt, secret: {env: JWT_SECRET}}
        upstreams:
          own: {vendor: test.vendor, credential: {env: VENDOR_KEY}}
          plain: {url: "ws://127.0.0.1:\(listener.port)/plain"}
        defaults: {authentication: [open]}
        routes:
          /open: {upstream: own}
          /strict: {upstream: own, authentication: [app]}
          /either: {upstream: own, authentication: [app, open]}
          /plain: {upstream: plain}
          /none: {upstream: own, authentication: none}

        """
    gateway = try GatewayProcess(
      table, environment: ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": Self.vendorKey])
  }

  /// Opens on a route whose upstream the test plays; what the client got, and what the upstream was asked.
  private func open(_ request: UpgradeRequest, selecting subprotocol: String? = nil) throws -> (RawConnection.Head, RawConnection.Head) {
    let client = try RawConnection(port: gateway.port)
    try client.send(request.text)
    let upstream = try listener.accept()
    let asked = try upstream.accept(selecting: subprotocol)
    return (try client.head(), asked)
  }

  private func refused(_ request: UpgradeRequest, _ error: String?, _ name: String) throws {
    let answer = try AdmissionClient(gateway, request).answer
    let session = try RefusalTests.check(answer, 401, "unauthorized", name)
    if let error {
      #expect(answer["WWW-Authenticate"] == [#"Bearer error="invalid_token""#], "\(name)")
      #expect(try gateway.record("WS_AUTH_FAILED_INVALID_TOKEN", session: session)["error"]?.stringValue == error, "\(name)")
    } else {
      #expect(answer["WWW-Authenticate"] == ["Bearer"], "\(name)")
      #expect(try gateway.record("WS_AUTH_FAILED_NO_TOKEN", session: session)["ip"] == "127.0.0.xxx", "\(name)")
    }
  }

  // MARK: Where it may be

  @Test func everyPlace() throws {
    let token = try Self.token()
    let encoded = token.replacing(".", with: "%2E").replacing("-", with: "%2D").replacing("_", with: "%5F")
    func subprotocols(_ text: String) -> [(String, String)] { [("Sec-WebSocket-Protocol", text)] }
    let rows: [(String, UpgradeRequest, String?)] = [
      ("Bearer", UpgradeRequest("/open", [("Authorization", "Bearer \(token)")]), nil),
      ("bearer in small letters", UpgradeRequest("/open", [("authorization", "bearer \(token)")]), nil),
      ("Token", UpgradeRequest("/open", [("Authorization", "Token \(token)")]), nil),
      ("bare", UpgradeRequest("/open", [("Authorization", token)]), nil),
      ("query", UpgradeRequest("/open?token=\(token)"), nil),
      ("query among others", UpgradeRequest("/open?a=1&token=\(token)&b=2"), nil),
      ("encoded query", UpgradeRequest("/open?token=\(encoded)"), nil),
      ("bearer pair", UpgradeRequest("/open", subprotocols("bearer, \(token)")), "bearer"),
      ("token pair", UpgradeRequest("/open", subprotocols("token, \(token)")), "token"),
      ("a pair and another", UpgradeRequest("/open", subprotocols("token, \(token), realtime")), "token"),
      ("an SDK's prefix", UpgradeRequest("/open", subprotocols("realtime, openai-insecure-api-key.\(token)")), "realtime"),
      ("a prefix alone", UpgradeRequest("/open", subprotocols("openai-insecure-api-key.\(token)")), nil),
      (
        "two lines",
        UpgradeRequest("/open", [("Sec-WebSocket-Protocol", "realtime"), ("Sec-WebSocket-Protocol", "openai-insecure-api-key.\(token)")]),
        "realtime"
      ),
      ("the same twice", UpgradeRequest("/open?token=\(token)", [("Authorization", "Bearer \(token)")]), nil),
    ]
    for (name, request, answered) in rows {
      let (answer, asked) = try open(request)
      #expect(answer.status == 101, "\(name)")
      #expect(answer["Sec-WebSocket-Protocol"] == (answered.map { [$0] } ?? []), "\(name)")
      // The vendor gets its own key, once, and nothing of the caller's.
      let whole = "\(asked.line) \(asked.headers)"
      #expect(asked["Authorization"] == ["Bearer \(Self.vendorKey)"], "\(name)")
      #expect(whole.ranges(of: Self.vendorKey).count == 1 && !whole.contains(token) && !whole.contains("token"), "\(name): \(whole)")
      #expect(asked.line == "GET /v1\(name == "query among others" ? "?a=1&b=2" : "") HTTP/1.1", "\(name): \(asked.line)")
    }
    // The log knows who came, and no token, whole or in parts.
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"alice""#))
    for part in token.split(separator: ".").dropFirst() { #expect(!gateway.log.contains(part)) }
    #expect(!gateway.log.contains(Self.vendorKey))
  }

  /// Base64 that a frontend did not encode: its plus comes as it is, or as a blank; neither breaks the request.
  @Test func rawBase64InTheQuery() throws {
    for text in ["a+b/c==", "a%2Bb%2Fc%3D%3D", "a%20b/c=="] {
      try refused(UpgradeRequest("/open?token=\(text)"), "malformed", text)
    }
  }

  // MARK: Which are good

  @Test func whatATokenMustSay() throws {
    let issued = ("iss", JSONValue.string("https://login.test"))
    func strict(_ claims: [(String, JSONValue)], secret: String = RefusalTests.secret, _ hash: HMAC.Hash = .sha256) throws
      -> String
    {
      try Self.token([issued] + claims, secret: secret, hash: hash)
    }
    func unsigned(_ header: String, signature: String = "") throws -> String {
      Base64URL.encode(Array(header.utf8)) + "." + (try strict([])).split(separator: ".")[1] + "." + signature
    }
    let good = try strict([])
    let rows: [(String, String, String?)] = [
      ("good", good, nil), ("an audience among others", try strict([("aud", ["other", "voxgate"])]), nil),
      ("userId for sub", try strict([("sub", .null), ("userId", "bob")]), nil),
      ("soon", try strict([("nbf", .int(Int64(time(nil)) - 5))]), nil),
      ("expired", try strict([("exp", 1)]), "expired"), ("not yet", try strict([("nbf", .int(Int64(time(nil)) + 3_600))]), "not_yet_valid"),
      ("for ever", try strict([("exp", .null)]), "missing_claim"), ("another audience", try strict([("aud", "other")]), "wrong_audience"),
      ("no audience", try strict([("aud", .null)]), "missing_claim"),
      ("another issuer", try strict([("iss", "https://evil.test")]), "wrong_issuer"),
      ("another secret", try strict([], secret: "x" + RefusalTests.secret), "bad_signature"),
      ("another algorithm", try strict([], .sha512), "algorithm_not_allowed"),
      ("none", try unsigned(#"{"alg":"none","typ":"JWT"}"#), "algorithm_not_allowed"),
      ("NONE", try unsigned(#"{"alg":"NONE"}"#), "algorithm_not_allowed"),
      ("HS256 unsigned", try unsigned(#"{"alg":"HS256"}"#), "bad_signature"),
      ("an extension", try unsigned(#"{"alg":"HS256","crit":["x"]}"#), "unsupported_critical"),
      ("two parts", "a.b", "malformed"), ("no token", "alice", "malformed"),
      ("far too long", String(repeating: "a", count: 9_000), "too_large"),
    ]
    for (name, token, error) in rows {
      let request = UpgradeRequest("/strict", [("Authorization", "Bearer \(token)")])
      if let error { try refused(request, error, name) } else { #expect(try open(request).0.status == 101, "\(name)") }
    }
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS", #""userId":"bob""#).contains(#""level":"info""#))
    #expect(try gateway.metrics()["voxgate_refusals_total{route=\"/strict\",reason=\"unauthorized\"}"] == 15)
  }

  @Test func noCredentialAtAll() throws {
    for (name, request) in [
      ("nothing", UpgradeRequest("/open")), ("an empty header", UpgradeRequest("/open", [("Authorization", "")])),
      ("a scheme alone", UpgradeRequest("/open", [("Authorization", "Bearer")])), ("an empty parameter", UpgradeRequest("/open?token=")),
      ("Basic", UpgradeRequest("/open", [("Authorization", "Basic YTpi")])),
      ("another parameter", UpgradeRequest("/open?Token=x&access_token=x")),
      ("a word alone", UpgradeRequest("/open", [("Sec-WebSocket-Protocol", "token")])),
      ("a cookie", UpgradeRequest("/open", [("Cookie", "token=x")])),
    ] {
      try refused(request, nil, name)
    }
  }

  /// Which of two counts is not for a gateway to guess, even if both are good.
  @Test func twoThatDiffer() throws {
    let good = try Self.token(), other = try Self.token([("sub", "mallory")])
    for (name, request) in [
      ("header and query", UpgradeRequest("/open?token=\(other)", [("Authorization", "Bearer \(good)")])),
      ("two in the query", UpgradeRequest("/open?token=\(good)&token=\(other)")),
      ("two headers", UpgradeRequest("/open", [("Authorization", "Bearer \(good)"), ("Authorization", "Bearer \(other)")])),
      ("query and subprotocol", UpgradeRequest("/open?token=\(good)", [("Sec-WebSocket-Protocol", "token, \(other)")])),
      ("a good one and rubbish", UpgradeRequest("/open?token=rubbish", [("Authorization", "Bearer \(good)")])),
    ] {
      try refused(request, "ambiguous", name)
    }
  }

  @Test func theFirstMethodThatKnowsTheCaller() throws {
    #expect(try open(UpgradeRequest("/either", [("Authorization", "Bearer \(Self.token())")])).0.status == 101)
    try refused(UpgradeRequest("/either", [("Authorization", "Bearer \(Self.token([("exp", 1)]))")]), "expired", "known to none")
  }

  /// Where nobody is asked, a credential is still none of the vendor's business.
  @Test func aRouteThatAsksNobody() throws {
    let (answer, asked) = try open(
      UpgradeRequest(
        "/none?token=x.y.z&a=1", [("Authorization", "Bearer q.r.s"), ("Cookie", "session=c"), ("Sec-WebSocket-Protocol", "token, u.v.w")]))
    #expect(answer.status == 101 && answer["Sec-WebSocket-Protocol"] == ["token"])
    #expect(asked.line == "GET /v1?a=1 HTTP/1.1" && asked["Authorization"] == ["Bearer \(Self.vendorKey)"])
    let whole = "\(asked.headers)"
    for secret in ["x.y.z", "q.r.s", "u.v.w", "session=c", "Cookie"] { #expect(!whole.contains(secret), "\(secret)") }
  }

  /// Of what the client offered for itself an upstream without a description chooses, or does not.
  @Test(arguments: [nil, "voice.v2"])
  func theUpstreamsChoice(_ choice: String?) throws {
    let token = try Self.token()
    for offer in ["voice.v1, voice.v2", "token, \(token), voice.v1, voice.v2"] {
      let isOffered = offer.hasPrefix("token")
      let request = UpgradeRequest("/plain", [("Sec-WebSocket-Protocol", offer)] + (isOffered ? [] : [("Authorization", token)]))
      let (answer, asked) = try open(request, selecting: choice)
      #expect(answer.status == 101 && asked["Sec-WebSocket-Protocol"] == ["voice.v1, voice.v2"])
      #expect(answer["Sec-WebSocket-Protocol"] == (choice.map { [$0] } ?? []), "\(offer)")
      #expect(asked["Authorization"] == [])
    }
  }

  // MARK: From the command line

  @Test func voxgateMintsOneThatWorks() throws {
    let folder = TemporaryFolder()
    try folder.write(".env", "MY_SECRET=\(RefusalTests.secret)\n")
    let file = folder.file("upstreams.yaml")
    func mint(_ arguments: String...) throws -> String {
      let text = try ChildProcess.run([Repository.voxgate, "token"] + arguments + ["--secret-env", "MY_SECRET", "--config", file])
      #expect(text.hasSuffix("\n") && text.split(separator: "\n").count == 1)
      return String(text.dropLast())
    }
    let full = try mint("--sub", "carol", "--iss", "https://login.test", "--aud", "voxgate")
    #expect(try open(UpgradeRequest("/strict?token=\(full)")).0.status == 101)
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"carol""#))
    #expect(try open(UpgradeRequest("/open", [("Authorization", "Bearer \(mint("jwt"))")])).0.status == 101)
    try refused(UpgradeRequest("/strict?token=\(mint())"), "missing_claim", "without issuer and audience")
    try refused(UpgradeRequest("/open?token=\(mint("--expires=-3600"))"), "expired", "expired when it was made")
  }
}

extension RawConnection {
  /// Answers the opening that comes, as an upstream does that accepts it; returns the opening.
  @discardableResult
  func accept(selecting subprotocol: String? = nil) throws -> Head {
    let asked = try head()
    let opening = try ServerOpening(
      method: "GET", version: (1, 1), headers: asked.headers.map { (name: $0.name, value: $0.value) })
    let lines = opening.responseHeaders(subprotocol: subprotocol).map { "\($0.name): \($0.value)\r\n" }.joined()
    try send("HTTP/1.1 101 Switching Protocols\r\n\(lines)\r\n")
    return asked
  }
}
