import JSON
import Testing
@testable import Tokens

/// The claims of RFC 7519 section 4.1, each at its edge.
@Suite struct VerifierTests {
  static let secret = Array("0123456789abcdef0123456789abcdef".utf8)

  func verify(
    _ claims: JSONValue, now: Int64 = 1000, issuer: String? = nil, audience: [String] = [], leeway: Int64 = 0, required: [String] = []
  ) throws(TokenError) -> Claims {
    try JSONWebToken.Verifier(
      algorithms: [.hs256], secret: Self.secret, issuer: issuer, audience: audience, leeway: leeway, requiredClaims: required
    )
    .verify(JSONWebToken.sign(claims, secret: Self.secret), now: now)
  }

  static let times: [(JSONValue, Int64, TokenError?)] = [
    (["exp": 1001], 0, nil), (["exp": 1000], 0, .expired), (["exp": 999], 0, .expired), (["exp": 1000.5], 0, nil),
    (["exp": 990], 11, nil), (["exp": 990], 10, .expired), (["exp": -1], 0, .expired), (["exp": 0], 0, .expired),
    (["exp": .int(.max)], .max, nil), (["exp": .int(.min)], 60, .expired), (["exp": 1e300], 60, nil),
    (["nbf": 1000], 0, nil), (["nbf": 1001], 0, .notYetValid), (["nbf": 1010], 10, nil), (["nbf": 1011], 10, .notYetValid),
    (["nbf": .int(.max)], 60, .notYetValid), (["nbf": .int(.min)], 60, nil),
    (["iat": 1000], 0, nil), (["iat": 1001], 0, .notYetValid), (["iat": 1010], 10, nil), (["iat": 1011], 10, .notYetValid),
    (["iat": .int(.min)], 0, nil), (["exp": 999, "nbf": 1001], 0, .expired), ([:], 0, nil),
    (["exp": "2000"], 0, .malformed("claims: expected \"exp\" to be a number")),
    (["exp": nil], 0, .malformed("claims: expected \"exp\" to be a number")),
    (["nbf": true], 0, .malformed("claims: expected \"nbf\" to be a number")),
    (["iat": [1]], 0, .malformed("claims: expected \"iat\" to be a number")),
    (["sub": 7], 0, .malformed("claims: expected \"sub\" to be a string")),
    (["iss": ["a"]], 0, .malformed("claims: expected \"iss\" to be a string")),
  ]

  @Test(arguments: times)
  func timesAndTypes(claims: JSONValue, leeway: Int64, error: TokenError?) throws {
    if let error {
      #expect(throws: error) { _ = try verify(claims, leeway: leeway) }
    } else {
      #expect(try verify(claims, leeway: leeway).raw == claims)
    }
  }

  static let parties: [(JSONValue, TokenError?)] = [
    (["iss": "i", "aud": "a"], nil), (["iss": "i", "aud": ["b", "a"]], nil),
    (["aud": "a"], .missingClaim("iss")), (["iss": "I", "aud": "a"], .wrongIssuer), (["iss": "", "aud": "a"], .wrongIssuer),
    (["iss": "i/", "aud": "a"], .wrongIssuer),
    (["iss": "i"], .missingClaim("aud")), (["iss": "i", "aud": "b"], .wrongAudience), (["iss": "i", "aud": []], .wrongAudience),
    (["iss": "i", "aud": ["A", "ab"]], .wrongAudience),
    (["iss": "i", "aud": ["a", 1]], .malformed("claims: expected \"aud\" to be a string or a list of strings")),
    (["iss": "i", "aud": ["a": "a"]], .malformed("claims: expected \"aud\" to be a string or a list of strings")),
  ]

  @Test(arguments: parties)
  func issuerAndAudience(claims: JSONValue, error: TokenError?) throws {
    if let error {
      #expect(throws: error) { _ = try verify(claims, issuer: "i", audience: ["a"]) }
    } else {
      #expect(try verify(claims, issuer: "i", audience: ["a"]).raw == claims)
    }
    guard case .malformed = error else {
      #expect(throws: Never.self, "not looked at unless configured") { _ = try verify(claims) }
      return
    }
  }

  @Test func namesThatMustBeThere() throws {
    let claims: JSONValue = ["sub": "u", "tier": nil, "exp": 2000]
    #expect(try verify(claims, required: ["sub", "exp"]).subject == "u")
    #expect(throws: TokenError.missingClaim("tier")) { _ = try verify(claims, required: ["sub", "tier"]) }
    #expect(throws: TokenError.missingClaim("iat")) { _ = try verify(claims, required: ["iat"]) }
  }

  /// Equal to Swift's eye, other bytes on the wire.
  @Test func namesAreComparedByBytes() {
    #expect(throws: TokenError.wrongIssuer) { _ = try verify(["iss": "e\u{301}"], issuer: "\u{e9}") }
    #expect(throws: TokenError.wrongAudience) { _ = try verify(["aud": "\u{212a}"], audience: ["b", "K"]) }
  }

  static let subjects: [(JSONValue, String?)] = [
    (["sub": "a", "userId": "b"], "a"), (["userId": "b"], "b"), (["sub": "", "userId": "b"], "b"), (["userId": 7], "7"),
    (["userId": ""], nil), (["userId": [1]], nil), ([:], nil),
  ]

  @Test(arguments: subjects)
  func subjectOf(claims: JSONValue, subject: String?) throws {
    #expect(try verify(claims).subject == subject)
  }

  @Test func views() throws {
    let claims = try verify(["exp": 2000.9, "roles": ["a", "b"], "route": "/x", "mixed": ["a", 1], "n": 1])
    #expect(claims.expiresAt == 2000)
    #expect(claims.strings("roles") == ["a", "b"])
    #expect(claims.strings("route") == ["/x"])
    #expect(claims.strings("mixed") == nil && claims.strings("n") == nil && claims.strings("missing") == nil)
    #expect(try verify(["exp": 1e300]).expiresAt == .max)
  }

  @Test func nothingSecretIsPrinted() {
    let verifier = JSONWebToken.Verifier(algorithms: [.hs256], secret: Self.secret)
    var text = "\(verifier) \(String(reflecting: verifier))"
    dump(verifier, to: &text)
    #expect(!text.contains("0123456789abcdef"))
    #expect(!text.contains("48, 49, 50"))
    #expect(!text.contains("- 48"))
  }
}
