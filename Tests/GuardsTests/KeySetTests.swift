import JSON
import Testing
import Tokens
@testable import Guards

@Suite struct KeySetTests {
  static let url = "https://id.example/keys"
  static let old = IssuerKey("old", seed: 1)
  static let new = IssuerKey("new", seed: 2)
  static let start = 1_000 * second

  static func set(_ bytes: [UInt8]) throws -> JSONWebKeySet { try JSONWebKeySet(parsing: bytes) }

  /// One that has fetched the old key at the start.
  static func fetched(_ body: [UInt8] = IssuerKey.document(old)) throws -> KeySet {
    var keys = KeySet(.keys(url: url))
    let first = try #require(Self.request(keys.keys(for: "old", now: start)))
    keys.receive(ok(body), to: first.number, now: start)
    return keys
  }

  static func request(_ action: KeySet.Action) -> KeySet.Request? {
    if case .fetch(let request) = action { request } else { nil }
  }

  @Test func theFirstAsksAndTheOthersWait() throws {
    var keys = KeySet(.keys(url: Self.url))
    let request = KeySet.Request(number: 1, url: Self.url)
    #expect(keys.keys(for: "old", now: Self.start) == .fetch(request))
    for keyID in ["old", "new", nil] as [String?] { #expect(keys.keys(for: keyID, now: Self.start + 1) == .wait(request)) }
    keys.receive(ok(IssuerKey.document(Self.old)), to: 1, now: Self.start + second)
    let set = try Self.set(IssuerKey.document(Self.old))
    #expect(keys.keys(for: "old", now: Self.start + second) == .use(set))
    #expect(keys.keys(for: nil, now: Self.start + second) == .use(set))
    #expect(keys.failure == nil)
  }

  @Test func anUnknownKeyRefreshesOnce() throws {
    var keys = try Self.fetched()
    let later = Self.start + 11 * second
    let request = try #require(Self.request(keys.keys(for: "new", now: later)))
    // Whoever comes in between: the known go on, the unknown wait for the same answer.
    #expect(keys.keys(for: "old", now: later) == .use(try Self.set(IssuerKey.document(Self.old))))
    #expect(keys.keys(for: "new", now: later) == .wait(request))
    #expect(keys.keys(for: "other", now: later) == .wait(request))
    keys.receive(ok(IssuerKey.document(Self.old, Self.new)), to: request.number, now: later)
    #expect(keys.keys(for: "new", now: later) == .use(try Self.set(IssuerKey.document(Self.old, Self.new))))
  }

  @Test func whatIsNotThereIsNotAskedForAgain() throws {
    var keys = try Self.fetched()
    let set = try Self.set(IssuerKey.document(Self.old))
    var now = Self.start + 11 * second
    let request = try #require(Self.request(keys.keys(for: "evil", now: now)))
    keys.receive(ok(IssuerKey.document(Self.old)), to: request.number, now: now)
    keys.note(unknown: "evil", now: now)
    #expect(keys.keys(for: "evil", now: now) == .use(set))
    // Past the pause between two fetches this name is still known to be unknown; another is worth a look.
    now += 11 * second
    #expect(keys.keys(for: "evil", now: now) == .use(set))
    #expect(Self.request(keys.keys(for: "evil2", now: now)) != nil)
    // And after its own time, this one too.
    keys.receive(ok(IssuerKey.document(Self.old)), to: 3, now: now)
    now += 60 * second
    #expect(Self.request(keys.keys(for: "evil", now: now)) != nil)
  }

  /// A stranger who names a new key with every token makes the gateway ask no more often than the pause lets it.
  @Test func strangersCannotMakeItAskOften() throws {
    var keys = try Self.fetched()
    var fetches = 0
    for index in 0..<600 {
      let now = Self.start + UInt64(index) * second / 10
      let name = "evil\(index)"
      if let request = Self.request(keys.keys(for: name, now: now)) {
        fetches += 1
        keys.receive(ok(IssuerKey.document(Self.old)), to: request.number, now: now)
        keys.note(unknown: name, now: now)
      }
    }
    #expect(fetches == 5)
  }

  @Test func unknownNamesAreBounded() throws {
    var keys = try Self.fetched()
    let now = Self.start + second
    for index in 0..<10_000 { keys.note(unknown: "evil\(index)", now: now) }
    let later = Self.start + 11 * second
    #expect(keys.keys(for: "evil9999", now: later) == .use(try Self.set(IssuerKey.document(Self.old))))
    #expect(Self.request(keys.keys(for: "evil0", now: later)) != nil)
  }

  @Test func aStaleSetNotesNothing() throws {
    var keys = try Self.fetched()
    let now = Self.start + 11 * second
    keys.note(unknown: "new", now: now)
    #expect(Self.request(keys.keys(for: "new", now: now)) != nil)
  }

  @Test func oldKeysAreRenewedByOneWhileOthersGoOn() throws {
    var keys = try Self.fetched()
    let set = try Self.set(IssuerKey.document(Self.old))
    #expect(keys.keys(for: "old", now: Self.start + 600 * second - 1) == .use(set))
    let now = Self.start + 600 * second
    let request = try #require(Self.request(keys.keys(for: "old", now: now)))
    #expect(keys.keys(for: "old", now: now) == .use(set))
    #expect(keys.keys(for: "new", now: now) == .wait(request))
    keys.receive(ok(IssuerKey.document(Self.new)), to: request.number, now: now)
    #expect(keys.keys(for: "new", now: now) == .use(try Self.set(IssuerKey.document(Self.new))))
    // The withdrawn key is unknown from now on.
    #expect(keys.keys(for: "old", now: now) == .use(try Self.set(IssuerKey.document(Self.new))))
  }

  @Test func anIssuerThatIsDownIsAskedLessAndLess() throws {
    var keys = KeySet(.keys(url: Self.url))
    var now = Self.start
    for wait in [1, 2, 4, 8, 16, 32, 60, 60] as [UInt64] {
      let request = try #require(Self.request(keys.keys(for: "old", now: now)))
      keys.receive(.failed("timeout"), to: request.number, now: now)
      #expect(keys.failure == "timeout")
      #expect(keys.keys(for: "old", now: now + wait * second - 1) == .unavailable)
      now += wait * second
    }
    let request = try #require(Self.request(keys.keys(for: "old", now: now)))
    keys.receive(ok(IssuerKey.document(Self.old)), to: request.number, now: now)
    #expect(keys.failure == nil)
    // Forgiven: the next failure waits a second again.
    now += 600 * second
    let next = try #require(Self.request(keys.keys(for: "old", now: now)))
    keys.receive(.failed("timeout"), to: next.number, now: now)
    #expect(Self.request(keys.keys(for: "new", now: now + second)) != nil)
  }

  @Test func oldKeysServeForADayWhenTheIssuerIsDown() throws {
    var keys = try Self.fetched()
    let set = try Self.set(IssuerKey.document(Self.old))
    let now = Self.start + 600 * second
    let request = try #require(Self.request(keys.keys(for: "old", now: now)))
    keys.receive(.failed("unreachable"), to: request.number, now: now)
    #expect(keys.keys(for: "old", now: now) == .use(set))
    #expect(keys.keys(for: "new", now: now) == .unavailable, "it may exist")
    #expect(keys.held(at: now) == .use(set))
    let end = Self.start + 86_400 * second
    let last = try #require(Self.request(keys.keys(for: "old", now: end - 1)))
    keys.receive(.failed("unreachable"), to: last.number, now: end - 1)
    #expect(keys.keys(for: "old", now: end) == .unavailable)
    #expect(keys.held(at: end) == .unavailable)
  }

  @Test func whoNeverComesBackIsNotWaitedForForever() throws {
    var keys = KeySet(.keys(url: Self.url))
    #expect(Self.request(keys.keys(for: "old", now: Self.start))?.number == 1)
    #expect(keys.keys(for: "old", now: Self.start + 6 * second - 1) == .wait(.init(number: 1, url: Self.url)))
    #expect(Self.request(keys.keys(for: "old", now: Self.start + 6 * second))?.number == 2)
    // A late answer to the first is not taken for one to the second.
    keys.receive(ok(IssuerKey.document(Self.old)), to: 1, now: Self.start + 7 * second)
    #expect(keys.keys(for: "old", now: Self.start + 7 * second) == .wait(.init(number: 2, url: Self.url)))
  }

  @Test func theSameAnswerCountsOnce() throws {
    var keys = KeySet(.keys(url: Self.url))
    let request = try #require(Self.request(keys.keys(for: "old", now: Self.start)))
    for _ in 0..<5 { keys.receive(.failed("timeout"), to: request.number, now: Self.start) }
    #expect(Self.request(keys.keys(for: "old", now: Self.start + second)) != nil, "one failure, not five")
  }

  static let bad: [(InquiryAnswer, String)] = [
    (.response(status: 500, headers: [], body: []), "status 500, expected 200"),
    (.response(status: 302, headers: [.init("Location", "https://evil.example")], body: []), "status 302, expected 200"),
    (.response(status: 404, headers: [], body: IssuerKey.document(old)), "status 404, expected 200"),
    (ok("<html>"), "key is malformed: expected json"), (ok(#"{"keys":[]}"#), "key set has no key that verifies signatures"),
    (ok(#"{"keys":[{"kty":"oct","k":"AAAA","kid":"old"}]}"#), "key set has no key that verifies signatures"),
    (.failed("too_large"), "too_large"),
  ]

  @Test(arguments: bad)
  func badAnswersLeaveWhatThereIs(answer: InquiryAnswer, failure: String) throws {
    var keys = try Self.fetched()
    let set = try Self.set(IssuerKey.document(Self.old))
    let now = Self.start + 20 * second
    let request = try #require(Self.request(keys.keys(for: "new", now: now)))
    keys.receive(answer, to: request.number, now: now)
    #expect(keys.failure == failure)
    #expect(keys.keys(for: "old", now: now) == .use(set))
    #expect(keys.keys(for: "new", now: now) == .unavailable)
  }

  // MARK: Discovery

  static func discovery(_ issuer: String, _ url: String) -> [UInt8] {
    JSONValue.object(["issuer": .string(issuer), "jwks_uri": .string(url), "response_types_supported": ["code"]]).serialize()
  }

  @Test(arguments: [
    ("https://id.example", "https://id.example/.well-known/openid-configuration"),
    ("https://id.example/", "https://id.example/.well-known/openid-configuration"),
    ("https://id.example/realms/x", "https://id.example/realms/x/.well-known/openid-configuration"),
  ])
  func theIssuerSaysWhereItsKeysAre(issuer: String, url: String) throws {
    var keys = KeySet(.issuer(issuer))
    let first = try #require(Self.request(keys.keys(for: "old", now: Self.start)))
    #expect(first.url == url)
    keys.receive(ok(Self.discovery(issuer, Self.url)), to: first.number, now: Self.start)
    #expect(keys.keys(for: "old", now: Self.start) == .wait(.init(number: 2, url: Self.url)))
    keys.receive(ok(IssuerKey.document(Self.old)), to: 2, now: Self.start)
    #expect(keys.keys(for: "old", now: Self.start) == .use(try Self.set(IssuerKey.document(Self.old))))
    // From then on it is known where; until it leads nowhere.
    let now = Self.start + 600 * second
    #expect(keys.keys(for: "old", now: now) == .fetch(.init(number: 3, url: Self.url)))
    keys.receive(.response(status: 404, headers: [], body: []), to: 3, now: now)
    #expect(keys.keys(for: "old", now: now + second) == .fetch(.init(number: 4, url: url)))
  }

  static let badDocuments: [(String, [UInt8], String)] = [
    ("https://id.example", Array("x".utf8), "discovery document is no json"),
    ("https://id.example", discovery("https://evil.example", url), "discovery document is another issuer's"),
    ("https://id.example", discovery("https://id.example/", url), "discovery document is another issuer's"),
    ("https://id.example", Array(#"{"issuer":"https://id.example"}"#.utf8), "discovery document has no \"jwks_uri\""),
    ("https://id.example", discovery("https://id.example", "http://id.example/keys"), "\"jwks_uri\" is no https url"),
    ("https://id.example", discovery("https://id.example", "file:///etc/passwd"), "\"jwks_uri\" is no https url"),
    ("https://id.example", discovery("https://id.example", "https://id.example/\r\nx"), "discovery document has no \"jwks_uri\""),
    ("http://id.example", discovery("http://id.example", "ftp://id.example/keys"), "\"jwks_uri\" is no https url"),
  ]

  @Test(arguments: badDocuments)
  func documentsThatLeadNowhere(issuer: String, body: [UInt8], failure: String) throws {
    var keys = KeySet(.issuer(issuer))
    let request = try #require(Self.request(keys.keys(for: "old", now: Self.start)))
    keys.receive(ok(body), to: request.number, now: Self.start)
    #expect(keys.failure == failure)
    #expect(keys.keys(for: "old", now: Self.start) == .unavailable)
  }
}
