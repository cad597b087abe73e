import Configuration
import JSON
import Testing
import Tokens
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

  @Test func placesThatAreNotLookedAt() {
    let guarded = JWTGuard(JSONWebToken.Verifier(algorithms: [.hs256], secret: Array(canary.utf8)), places: [.authorization, .message])
    #expect(caller(guarded.identify(evidence(token(), place: .authorization), now: moment()))?.subject == "alice")
    #expect(caller(guarded.identify(evidence(token(), place: .message), now: moment()))?.subject == "alice")
    #expect(guarded.identify(evidence(token(), place: .query), now: moment()) == .absent)
    #expect(guarded.identify(evidence(), now: moment()) == .absent)
    #expect(guarded.identify(evidence(""), now: moment()) == .absent)
    var twice = evidence(token(), place: .authorization)
    twice.isAmbiguous = true
    #expect(guarded.identify(twice, now: moment()) == refused("ambiguous"))
  }

  // MARK: Keys that are published

  static let old = IssuerKey("old", seed: 1)
  static let new = IssuerKey("new", seed: 2)

  static func published(_ source: KeySet.Source = .keys(url: "https://id.example/keys"), issuer: String? = nil) -> JWTGuard {
    JWTGuard(JSONWebToken.Verifier(algorithms: [.edDSA, .hs256], keys: nil, issuer: issuer), keys: PublishedKeys(KeySet(source)))
  }

  @Test func askedOnceThenKnown() throws {
    let guarded = Self.published()
    let first = try #require(inquiry(guarded.identify(evidence(Self.old.token()), now: moment())))
    #expect(first.method == "GET" && first.url == "https://id.example/keys" && first.body == [])
    #expect(first.headers == [.init("Accept", "application/json")])
    // Others who come meanwhile ask the same.
    let second = try #require(inquiry(guarded.identify(evidence(Self.new.token()), now: moment())))
    #expect(second == first)
    let answer = ok(IssuerKey.document(Self.old))
    #expect(caller(guarded.receive(answer, to: first, for: evidence(Self.old.token()), now: moment()))?.subject == "alice")
    #expect(guarded.receive(answer, to: second, for: evidence(Self.new.token()), now: moment()) == refused("unknown_key"))
    #expect(caller(guarded.identify(evidence(Self.old.token()), now: moment()))?.subject == "alice")
    #expect(try guarded.check(Self.old.token(), now: moment()).subject == "alice")
  }

  @Test func anUnknownKeyIsLookedForOnce() throws {
    let guarded = Self.published()
    let first = try #require(inquiry(guarded.identify(evidence(Self.old.token()), now: moment())))
    _ = guarded.receive(ok(IssuerKey.document(Self.old)), to: first, for: evidence(Self.old.token()), now: moment())
    let later = moment(20 * second)
    let again = try #require(inquiry(guarded.identify(evidence(Self.new.token()), now: later)))
    #expect(again.flight != first.flight)
    let both = ok(IssuerKey.document(Self.old, Self.new))
    #expect(caller(guarded.receive(both, to: again, for: evidence(Self.new.token()), now: later))?.subject == "alice")
    // Signed with a key that is nobody's here, under a name that is.
    let stranger = IssuerKey("new", seed: 9)
    #expect(guarded.identify(evidence(stranger.token()), now: later) == refused("bad_signature"))
    #expect(guarded.identify(evidence(Self.new.token(kid: .some(nil))), now: later) == refused("missing_key_id"))
  }

  /// What no key can make good is refused without a request.
  @Test func badTokensAskNobody() {
    let guarded = Self.published()
    for (text, name) in [
      ("x", "malformed"), (String(repeating: "x", count: 10_000), "too_large"), (token(), "algorithm_not_allowed"),
      ("eyJhbGciOiJub25lIn0.e30.", "algorithm_not_allowed"), ("eyJhbGciOiJFZERTQSIsImNyaXQiOlsieCJdfQ.e30.", "unsupported_critical"),
    ] {
      #expect(guarded.identify(evidence(text), now: moment()) == refused(name), "\(name)")
    }
    #expect(throws: CredentialError("keys_unavailable")) { try guarded.check(Self.old.token(), now: moment()) }
  }

  @Test func anIssuerThatIsDownIsNobodysFault() throws {
    let guarded = Self.published()
    let first = try #require(inquiry(guarded.identify(evidence(Self.old.token()), now: moment())))
    let outcome = guarded.receive(.failed("timeout"), to: first, for: evidence(Self.old.token()), now: moment())
    #expect(outcome == unavailable("keys_unavailable"))
    #expect(guarded.identify(evidence(Self.old.token()), now: moment()) == unavailable("keys_unavailable"))
    #expect(inquiry(guarded.identify(evidence(Self.old.token()), now: moment(2 * second))) != nil)
  }

  @Test func discoveryTakesTwoRequests() throws {
    let guarded = Self.published(.issuer("https://id.example"), issuer: "https://id.example")
    let claims: JSONObject = ["sub": "alice", "iss": "https://id.example"]
    let first = try #require(inquiry(guarded.identify(evidence(Self.old.token(claims)), now: moment())))
    let document = ok(KeySetTests.discovery("https://id.example", "https://keys.example/1"))
    let second = try #require(inquiry(guarded.receive(document, to: first, for: evidence(Self.old.token(claims)), now: moment())))
    #expect(second.url == "https://keys.example/1" && second.flight != first.flight)
    let answer = ok(IssuerKey.document(Self.old))
    #expect(caller(guarded.receive(answer, to: second, for: evidence(Self.old.token(claims)), now: moment()))?.subject == "alice")
    #expect(guarded.identify(evidence(Self.old.token(["iss": "https://evil.example"])), now: moment()) == refused("wrong_issuer"))
  }
}
