import Testing
@testable import Tokens

@Suite struct TokenErrorTests {
  @Test func namesAndTexts() {
    let table: [(TokenError, String, String)] = [
      (.malformed("expected three parts"), "malformed", "token is malformed: expected three parts"),
      (.tooLarge(limit: 8192), "too_large", "token is too large, expected at most 8192 bytes"),
      (.algorithmNotAllowed("none"), "algorithm_not_allowed", "token algorithm \"none\" is not allowed"),
      (
        .algorithmNotAllowed(String(repeating: "x", count: 99)), "algorithm_not_allowed",
        "token algorithm \"xxxxxxxxxxxxxxxx\" is not allowed"
      ),
      (.unsupportedCritical, "unsupported_critical", "token header demands an unknown critical extension"),
      (.badSignature, "bad_signature", "token signature does not match"),
      (.unknownKey("k1"), "unknown_key", "token is signed with an unknown key"),
      (.missingKeyID, "missing_key_id", "token does not name its key"),
      (.expired, "expired", "token has expired"),
      (.notYetValid, "not_yet_valid", "token is not valid yet"),
      (.wrongIssuer, "wrong_issuer", "token is from another issuer"),
      (.wrongAudience, "wrong_audience", "token is for another audience"),
      (.missingClaim("sub"), "missing_claim", "token lacks the claim \"sub\""),
    ]
    for (error, name, text) in table {
      #expect(error.name == name)
      #expect("\(error)" == text)
    }
  }
}
