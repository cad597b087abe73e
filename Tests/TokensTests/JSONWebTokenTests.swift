import JSON
import Testing
@testable import Tokens

/// RFC 7515 appendix A.1 and RFC 7519 section 3.1: the same token; it expires at 1300819380.
enum Example {
  static let token =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  static let secret = Base64URL.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow") ?? []
  static let expires: Int64 = 1_300_819_380
}

@Suite struct JSONWebTokenTests {
  static let secret = Array("0123456789abcdef0123456789abcdef".utf8)

  static func signed(
    header: String = #"{"alg":"HS256"}"#, _ claims: String, secret: [UInt8] = secret, hash: HMAC.Hash = .sha256
  ) -> String {
    let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
    return input + "." + Base64URL.encode(HMAC.code(of: Array(input.utf8), key: secret, hash: hash))
  }

  @Test func exampleOfTheStandard() throws {
    let claims = try JSONWebToken.Verifier(algorithms: [.hs256], secret: Example.secret, issuer: "joe").verify(
      Example.token, now: Example.expires - 1)
    #expect(claims.raw["http://example.com/is_root"] == true)
    #expect(claims.string("iss") == "joe")
    #expect(claims.expiresAt == Example.expires)
    #expect(claims.subject == nil)
    #expect(throws: TokenError.expired) {
      _ = try JSONWebToken.Verifier(algorithms: [.hs256], secret: Example.secret).verify(Example.token, now: Example.expires)
    }
    #expect(throws: TokenError.badSignature) {
      _ = try JSONWebToken.Verifier(algorithms: [.hs256], secret: Self.secret).verify(Example.token, now: 0)
    }
  }

  @Test func partsAreKept() throws {
    let token = try JSONWebToken(parsing: Self.signed(header: #"{"alg":"RS256","kid":"k1"}"#, "{}"))
    #expect(token.algorithmName == "RS256")
    #expect(token.keyID == "k1")
    #expect(try JSONWebToken(parsing: Example.token).keyID == nil)
  }

  static let claims = #"{"sub":"u"}"#
  static let good = signed(claims)
  static let parts = good.split(separator: ".").map(String.init)

  /// Each is refused although a careless parser would find a good signature or none to check.
  static let attacks: [(String, String, TokenError)] = [
    ("empty", "", .malformed("expected three parts")),
    ("two parts", "\(parts[0]).\(parts[1])", .malformed("expected three parts")),
    ("four parts", good + ".", .malformed("expected three parts")),
    ("five parts of an encrypted token", good + ".a.b", .malformed("expected three parts")),
    ("leading dot", "." + good, .malformed("expected three parts")),
    ("doubled dot", "\(parts[0])..\(parts[1]).\(parts[2])", .malformed("expected three parts")),
    ("blank in the claims", "\(parts[0]).\(parts[1]) .\(parts[2])", .malformed("claims: expected base64url without padding")),
    ("padded header", "\(parts[0])=.\(parts[1]).\(parts[2])", .malformed("header: expected base64url without padding")),
    ("line end inside", "\(parts[0])\r\n.\(parts[1]).\(parts[2])", .malformed("header: expected base64url without padding")),
    ("nul at the end", good + "\0", .malformed("signature: expected base64url without padding")),
    ("bytes after the signature", good + "AAAA", .badSignature),
    ("header with a tail", signed(header: #"{"alg":"HS256"} {}"#, claims), .malformed("header: expected json")),
    ("leading space", " " + good, .malformed("header: expected base64url without padding")),
    ("trailing newline", good + "\n", .malformed("signature: expected base64url without padding")),
    ("padded signature", good + "=", .malformed("signature: expected base64url without padding")),
    ("standard alphabet", good.dropLast(2) + "+/", .malformed("signature: expected base64url without padding")),
    ("empty header", ".\(parts[1]).\(parts[2])", .malformed("header: expected json")),
    ("header is a list", signed(header: "[]", claims), .malformed("header: expected a json object")),
    ("claims are a text", signed("\"x\""), .malformed("claims: expected a json object")),
    ("claims are no json", signed("{"), .malformed("claims: expected json")),
    ("claims with a tail", signed("{} x"), .malformed("claims: expected json")),
    ("claims too deep", signed(#"{"a":"# + String(repeating: "[", count: 50) + "}"), .malformed("claims: expected json")),
    ("duplicated claim", signed(#"{"sub":"a","sub":"b"}"#), .malformed("claims: expected no duplicate members")),
    ("duplicated by an escape", signed(#"{"sub":"a","s\u0075b":"b"}"#), .malformed("claims: expected no duplicate members")),
    ("duplicated algorithm", signed(header: #"{"alg":"none","alg":"HS256"}"#, claims), .malformed("header: expected no duplicate members")),
    ("no algorithm", signed(header: #"{"typ":"JWT"}"#, claims), .malformed("header: expected \"alg\" to be a string")),
    ("algorithm is a list", signed(header: #"{"alg":["HS256"]}"#, claims), .malformed("header: expected \"alg\" to be a string")),
    ("key id is a number", signed(header: #"{"alg":"HS256","kid":1}"#, claims), .malformed("header: expected \"kid\" to be a string")),
    ("none", Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + ".\(parts[1]).", .algorithmNotAllowed("none")),
    ("none with a good signature", signed(header: #"{"alg":"none"}"#, claims), .algorithmNotAllowed("none")),
    ("none in capitals", signed(header: #"{"alg":"NONE"}"#, claims), .algorithmNotAllowed("NONE")),
    ("none in a mixture", signed(header: #"{"alg":"nOnE"}"#, claims), .algorithmNotAllowed("nOnE")),
    ("none by an escape", signed(header: #"{"alg":"n\u006fne"}"#, claims), .algorithmNotAllowed("none")),
    ("empty algorithm", signed(header: #"{"alg":""}"#, claims), .algorithmNotAllowed("")),
    ("algorithm with a blank", signed(header: #"{"alg":"HS256 "}"#, claims), .algorithmNotAllowed("HS256 ")),
    ("null algorithm", signed(header: #"{"alg":null}"#, claims), .malformed("header: expected \"alg\" to be a string")),
    ("None", signed(header: #"{"alg":"None"}"#, claims), .algorithmNotAllowed("None")),
    ("lower case", signed(header: #"{"alg":"hs256"}"#, claims), .algorithmNotAllowed("hs256")),
    ("public key algorithm", signed(header: #"{"alg":"RS256"}"#, claims), .algorithmNotAllowed("RS256")),
    ("allowed elsewhere", signed(header: #"{"alg":"HS512"}"#, claims, hash: .sha512), .algorithmNotAllowed("HS512")),
    ("empty signature", "\(parts[0]).\(parts[1]).", .badSignature),
    ("cut signature", "\(parts[0]).\(parts[1]).\(parts[2].prefix(40))", .badSignature),
    ("other hash", signed(claims, hash: .sha512), .badSignature),
    ("other secret", signed(claims, secret: [0]), .badSignature),
    ("empty secret", signed(claims, secret: []), .badSignature),
    ("exchanged claims", "\(parts[0]).\(Base64URL.encode(Array(#"{"sub":"x"}"#.utf8))).\(parts[2])", .badSignature),
    ("critical extension", signed(header: #"{"alg":"HS256","crit":["b64"],"b64":false}"#, claims), .unsupportedCritical),
    ("empty crit", signed(header: #"{"alg":"HS256","crit":[]}"#, claims), .malformed("header: expected \"crit\" to be a list of names")),
    (
      "crit is a text", signed(header: #"{"alg":"HS256","crit":"b64"}"#, claims),
      .malformed("header: expected \"crit\" to be a list of names")
    ),
    ("oversize", signed(#"{"a":""# + String(repeating: "x", count: 8192) + "\"}"), .tooLarge(limit: 8192)),
  ]

  @Test(arguments: attacks)
  func refuses(name: String, token: String, error: TokenError) {
    #expect(throws: error, "\(name)") { _ = try JSONWebToken.Verifier(algorithms: [.hs256], secret: Self.secret).verify(token, now: 0) }
  }

  /// RFC 7519 section 5.1: what an application does with `typ` is its own business; and headers that name keys are not followed.
  @Test(arguments: [
    #""typ":"JWT""#, #""typ":"jwt""#, #""typ":"at+jwt""#, #""typ":7"#, #""cty":"x""#, #""jku":"https://evil.example/keys""#,
    #""jwk":{"kty":"oct","k":"AAAA"}"#, #""x5u":"https://evil.example/""#, #""b64":false"#,
  ])
  func otherHeadersChangeNothing(member: String) throws {
    let token = Self.signed(header: #"{"alg":"HS256",\#(member)}"#, Self.claims)
    #expect(try JSONWebToken.Verifier(algorithms: [.hs256], secret: Self.secret).verify(token, now: 0).subject == "u")
    let forged = Self.signed(header: #"{"alg":"HS256",\#(member)}"#, Self.claims, secret: [0, 0, 0])
    #expect(throws: TokenError.badSignature) {
      _ = try JSONWebToken.Verifier(algorithms: [.hs256], secret: Self.secret).verify(forged, now: 0)
    }
  }

  /// Every other spelling of a good token is refused: any single bit changed anywhere.
  @Test func everyBitCounts() throws {
    let verifier = JSONWebToken.Verifier(algorithms: [.hs256], secret: Self.secret)
    #expect(try verifier.verify(Self.good, now: 0).subject == "u")
    let bytes = Array(Self.good.utf8)
    for index in bytes.indices {
      for bit in 0..<7 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: TokenError.self) { _ = try verifier.verify(String(decoding: changed, as: UTF8.self), now: 0) }
      }
    }
  }

  @Test func emptySecretVerifiesNothing() {
    let token = JSONWebToken.sign(["sub": "u"], secret: [])
    #expect(throws: TokenError.badSignature) { _ = try JSONWebToken.Verifier(algorithms: [.hs256], secret: []).verify(token, now: 0) }
  }

  static let hashes: [(HMAC.Hash, SigningAlgorithm)] = [(.sha256, .hs256), (.sha384, .hs384), (.sha512, .hs512)]

  @Test(arguments: hashes)
  func signsWhatItVerifies(hash: HMAC.Hash, algorithm: SigningAlgorithm) throws {
    let token = JSONWebToken.sign(["sub": "u", "exp": 100], secret: Self.secret, hash: hash)
    let claims = try JSONWebToken.Verifier(algorithms: [algorithm], secret: Self.secret).verify(token, now: 99)
    #expect(claims.subject == "u")
    #expect(try JSONWebToken(parsing: token).algorithmName == algorithm.rawValue)
    let others = SigningAlgorithm.allCases.filter { $0 != algorithm }
    #expect(throws: TokenError.algorithmNotAllowed(algorithm.rawValue)) {
      _ = try JSONWebToken.Verifier(algorithms: others, secret: Self.secret).verify(token, now: 99)
    }
    #expect(throws: TokenError.self) { _ = try JSONWebToken.Verifier(algorithms: [], secret: Self.secret).verify(token, now: 99) }
  }

  /// The well-known example of jwt.io.
  @Test func tokenOfAnotherLibrary() throws {
    let token =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
      + ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    let claims = try JSONWebToken.Verifier(algorithms: [.hs256], secret: Array("your-256-bit-secret".utf8)).verify(
      token, now: 1_516_239_022)
    #expect(claims.subject == "1234567890")
    #expect(claims.string("name") == "John Doe")
    #expect(claims.expiresAt == nil)
  }
}
