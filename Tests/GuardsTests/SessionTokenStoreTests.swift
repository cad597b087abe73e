import Configuration
import JSON
import Telemetry
import TestSupport
import Testing
import Tokens
@testable import Guards

@Suite struct SessionTokenStoreTests {
  static func terms(_ change: (inout SessionTokenStore.Terms) -> Void = { _ in }) -> SessionTokenStore.Terms {
    var terms = SessionTokenStore.Terms(issuer: "page")
    change(&terms)
    return terms
  }

  static func redeem(_ store: SessionTokenStore, _ token: String, _ evidence: Evidence, now: Moment = moment()) -> Identification {
    var evidence = evidence
    evidence.credential = token
    return SessionTokenGuard(terms(), store: store).identify(evidence, now: now)
  }

  @Test func aTokenOpensOneSession() throws {
    let store = SessionTokenStore()
    let caller = Caller(subject: "alice", method: "jwt", tier: "gold", routes: ["/a"], expiresAt: issuedAt + 3600)
    let issued = try store.issue(Self.terms(), to: caller, for: evidence(), now: moment())
    #expect(issued.token.utf8.count == 43 && issued.expiresAt == issuedAt + 300)
    let expected = Caller(subject: "alice", method: "session_token", tier: "gold", routes: ["/a"], expiresAt: issuedAt + 3600)
    #expect(Self.redeem(store, issued.token, evidence()) == .caller(expected))
    #expect(Self.redeem(store, issued.token, evidence()) == refused("unknown_token"))
    #expect(store.count == 0)
  }

  /// A token is good no longer than what it was fetched with, by either clock.
  @Test func noLongerThanTheCredential() throws {
    let store = SessionTokenStore()
    func issue(until expiry: Int64) throws -> SessionTokenStore.Issued {
      let terms = Self.terms { $0.isSingleUse = false }
      return try store.issue(terms, to: Caller(subject: "alice", method: "jwt", expiresAt: expiry), for: evidence(), now: moment())
    }
    let issued = try issue(until: issuedAt + 20)
    #expect(issued.expiresAt == issuedAt + 20)
    #expect(caller(Self.redeem(store, issued.token, evidence(), now: moment(19 * second)))?.subject == "alice")
    #expect(Self.redeem(store, issued.token, evidence(), now: moment(20 * second)) == refused("unknown_token"))
    let later = try issue(until: issuedAt + 20)
    let set = Moment(monotonic: moment().monotonic, unixSeconds: issuedAt + 20)
    #expect(Self.redeem(store, later.token, evidence(), now: set) == refused("expired"), "the clock of the day was set")
    #expect(throws: CredentialError("expired")) { try issue(until: issuedAt) }
  }

  @Test func theAnswerIsWhatPagesRead() throws {
    let issued = try SessionTokenStore().issue(Self.terms(), to: nil, for: evidence(), now: moment())
    let value = try JSONValue.parse(issued.body)
    #expect(value["token"]?.stringValue == issued.token)
    #expect(value["expiresAt"]?.stringValue == "2026-11-27T07:01:06.000Z")
    #expect(value.objectValue?.count == 2)
  }

  @Test func fiveMinutes() throws {
    let store = SessionTokenStore()
    let first = try store.issue(Self.terms(), to: nil, for: evidence(), now: moment())
    let second = try store.issue(Self.terms(), to: nil, for: evidence(), now: moment())
    #expect(Self.redeem(store, first.token, evidence(), now: moment(5 * minute - 1)) != refused("unknown_token"))
    #expect(Self.redeem(store, second.token, evidence(), now: moment(5 * minute)) == refused("unknown_token"))
    #expect(store.count == 0, "pruned by the attempt")
  }

  @Test func untilExpiryWhereThatIsWanted() throws {
    let store = SessionTokenStore()
    let terms = Self.terms {
      $0.isSingleUse = false
      $0.lifetime = .seconds(10)
    }
    let issued = try store.issue(terms, to: nil, for: evidence(), now: moment())
    for _ in 0..<3 { #expect(caller(Self.redeem(store, issued.token, evidence(), now: moment(9 * second)))?.subject == "unknown") }
    #expect(Self.redeem(store, issued.token, evidence(), now: moment(10 * second)) == refused("unknown_token"))
  }

  @Test func expiredOnesArePrunedWhenOthersAreIssued() throws {
    let store = SessionTokenStore()
    for _ in 0..<100 { _ = try store.issue(Self.terms(), to: nil, for: evidence(), now: moment()) }
    #expect(store.count == 100)
    _ = try store.issue(Self.terms(), to: nil, for: evidence(), now: moment(5 * minute))
    #expect(store.count == 1)
  }

  @Test func theFirstMakesRoom() throws {
    let evictions = Counter()
    let store = SessionTokenStore(capacity: 3, evictions: evictions)
    let tokens = try (0..<4).map { _ in try store.issue(Self.terms(), to: nil, for: evidence(), now: moment()).token }
    #expect(store.count == 3)
    #expect(Self.redeem(store, tokens[0], evidence()) == refused("unknown_token"))
    for token in tokens.dropFirst() { #expect(caller(Self.redeem(store, token, evidence())) != nil) }
    #expect(evictions.value == 1)
    // Those that were used or have expired are no loss.
    for _ in 0..<3 { _ = try store.issue(Self.terms(), to: nil, for: evidence(), now: moment()) }
    _ = try store.issue(Self.terms(), to: nil, for: evidence(), now: moment(5 * minute))
    #expect(evictions.value == 1)
  }

  @Test func aTokenIsBoundToWhatItWasFetchedFor() throws {
    let store = SessionTokenStore()
    let home = evidence(route: "/a", from: "2001:db8::1", origin: "https://app.example")
    let elsewhere: [(Evidence, SessionTokenMethod.Binding, String)] = [
      (evidence(route: "/b", from: "2001:db8::1", origin: "https://app.example"), .route, "wrong_route"),
      (evidence(route: "/a", from: "2001:db8::1", origin: "https://evil.example"), .origin, "wrong_origin"),
      (evidence(route: "/a", from: "2001:db8::1", origin: "https://app.example:8443"), .origin, "wrong_origin"),
      (evidence(route: "/a", from: "2001:db8::1", origin: "null"), .origin, "wrong_origin"),
      (evidence(route: "/a", from: "2001:db8::1"), .origin, "wrong_origin"),
      (evidence(route: "/a", from: "2001:db8:0:1::1", origin: "https://app.example"), .address, "wrong_address"),
      (evidence(route: "/a", from: "192.0.2.1", origin: "https://app.example"), .address, "wrong_address"),
    ]
    for (other, binding, name) in elsewhere {
      let bound = Self.terms { $0.bind = [binding] }
      let token = try store.issue(bound, to: nil, for: home, now: moment()).token
      #expect(Self.redeem(store, token, other) == refused(name))
      // It is still good for its holder, who may have another address in the same network.
      let same = evidence(route: "/a", from: "2001:db8::2", origin: "HTTPS://APP.example:443")
      #expect(caller(Self.redeem(store, token, same)) != nil)
      let free = Self.terms { $0.bind = [] }
      #expect(caller(Self.redeem(store, try store.issue(free, to: nil, for: home, now: moment()).token, other)) != nil)
    }
  }

  /// A request without an origin cannot bind a token to one; giving out an unbound one would be worse.
  @Test(arguments: [nil, "null", "https://a.example, https://b.example", "x"] as [String?])
  func noOriginNoToken(origin: String?) {
    let terms = Self.terms { $0.bind = [.origin] }
    #expect(throws: CredentialError("origin_missing")) {
      try SessionTokenStore().issue(terms, to: nil, for: evidence(origin: origin), now: moment())
    }
  }

  @Test func anotherMethodsTokenIsUnknown() throws {
    let store = SessionTokenStore()
    let token = try store.issue(SessionTokenStore.Terms(issuer: "open"), to: nil, for: evidence(), now: moment()).token
    #expect(Self.redeem(store, token, evidence()) == refused("unknown_token"))
    let open = SessionTokenGuard(SessionTokenStore.Terms(issuer: "open"), store: store)
    #expect(caller(open.identify(evidence(token), now: moment())) != nil)
  }

  @Test func whatIsNoToken() throws {
    let guarded = SessionTokenGuard(Self.terms(), store: SessionTokenStore())
    #expect(guarded.identify(evidence(), now: moment()) == .absent)
    for text in ["x", token(), String(repeating: "A", count: 44), String(repeating: "A", count: 42) + "="] {
      #expect(guarded.identify(evidence(text), now: moment()) == refused("malformed"))
    }
    #expect(guarded.identify(evidence(SessionToken().text), now: moment()) == refused("unknown_token"))
    let issued = try guarded.issue(to: nil, for: evidence(), now: moment())
    var twice = evidence(issued.token)
    twice.isAmbiguous = true
    #expect(guarded.identify(twice, now: moment()) == refused("ambiguous"))
  }

  /// Of many who present one token at once, one gets in.
  @Test func oneUseUnderContention() async throws {
    let store = SessionTokenStore()
    for _ in 0..<50 {
      let token = try store.issue(Self.terms(), to: nil, for: evidence(), now: moment()).token
      let admitted = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 { group.addTask { caller(Self.redeem(store, token, evidence())) != nil } }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(admitted == 1)
    }
  }
}
