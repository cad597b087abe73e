import Testing
@testable import Guards

@Suite struct JWTGuardTests {
  @Test func aGoodTokenNamesItsCaller() throws {
    let caller = try jwt().check(token(), now: moment())
    #expect(caller == Caller(subject: "alice", method: "jwt", expiresAt: issuedAt + 300))
  }

  @Test func theSubjectMayBeAUserIdOrUnknown() throws {
    #expect(try jwt().check(token(subject: nil, more: [("userId", "\"bob\"")]), now: moment()).subject == "bob")
    #expect(try jwt().check(token(subject: nil), now: moment()).subject == "unknown")
  }

  @Test func claimsMayNameTierAndRoutes() throws {
    let guarded = jwt(tierClaim: "plan", routesClaim: "routes")
    let caller = try guarded.check(token(more: [("plan", "\"gold\""), ("routes", "[\"/a\",\"/b\"]")]), now: moment())
    #expect(caller.tier == "gold")
    #expect(caller.routes == ["/a", "/b"])
    #expect(try guarded.check(token(more: [("routes", "\"/a\"")]), now: moment()).routes == ["/a"])
    #expect(try guarded.check(token(), now: moment()).routes == nil)
  }

  @Test(arguments: ["7", "{}", "[1]", "null", "true"])
  func routesThatSayNothingReadableOpenNone(_ value: String) throws {
    #expect(try jwt(routesClaim: "routes").check(token(more: [("routes", value)]), now: moment()).routes == [])
  }

  @Test(arguments: [
    (token(expires: issuedAt), "expired"), (token(secret: "another-secret-another-secret-12"), "bad_signature"), ("invalid", "malformed"),
    ("a.b.c", "malformed"), (token(more: [("nbf", "\(issuedAt + 60)")]), "not_yet_valid"),
    (String(repeating: "x", count: 10_000), "too_large"),
    ("eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.", "algorithm_not_allowed"),
  ])
  func whatIsWrongHasAStableName(_ credential: String, _ name: String) {
    #expect(throws: CredentialError(name)) { try jwt().check(credential, now: moment()) }
  }
}
