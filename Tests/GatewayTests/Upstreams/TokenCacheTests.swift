import Testing
@testable import Gateway
@testable import Vendors

@Suite struct TokenCacheTests {
  private static let second: UInt64 = 1_000_000_000

  private func token(_ value: String, _ lifetime: Duration?, isSingleUse: Bool = false) throws -> Endpoint.Token {
    Endpoint.Token(value: value, lifetime: lifetime, isSingleUse: isSingleUse)
  }

  /// A fifth of its life, and half a minute at most, is kept for the way.
  @Test(arguments: [(10, 8), (60, 48), (150, 120), (600, 570), (86_400, 86_370)] as [(Int, UInt64)])
  func isUsedUntilShortlyBeforeItsEnd(lifetime: Int, used: UInt64) throws {
    var cache = TokenCache<String>()
    #expect(cache.ask("k", isSingleUse: false, now: 0) == .fetch)
    cache.receive(try token("t", .seconds(lifetime)), for: "k", now: 0)
    #expect(cache.ask("k", isSingleUse: false, now: used * Self.second - 1) == .use("t"))
    #expect(cache.ask("k", isSingleUse: false, now: used * Self.second) == .fetch)
  }

  @Test func oneFetchesAndTheOthersWait() throws {
    var cache = TokenCache<String>()
    #expect(cache.ask("k", isSingleUse: false, now: 0) == .fetch)
    #expect(cache.ask("k", isSingleUse: false, now: 0) == .wait)
    #expect(cache.ask("other", isSingleUse: false, now: 0) == .fetch)
    cache.receive(nil, for: "k", now: 0)
    #expect(cache.ask("k", isSingleUse: false, now: 0) == .fetch)
  }

  @Test func whatIsGoodForOneSessionIsFetchedForEach() throws {
    var cache = TokenCache<String>()
    for _ in 0..<3 {
      #expect(cache.ask("k", isSingleUse: true, now: 0) == .fetch)
      cache.receive(try token("t", .seconds(60), isSingleUse: true), for: "k", now: 0)
    }
  }

  @Test func whatHasNoKnownEndIsNotKept() throws {
    var cache = TokenCache<String>()
    _ = cache.ask("k", isSingleUse: false, now: 0)
    cache.receive(try token("t", nil), for: "k", now: 0)
    #expect(cache.ask("k", isSingleUse: false, now: 0) == .fetch)
    cache.receive(try token("t", .zero), for: "k", now: 0)
    #expect(cache.ask("k", isSingleUse: false, now: 0) == .fetch)
  }

  @Test func oneThatWasRefusedIsGone() throws {
    var cache = TokenCache<String>()
    _ = cache.ask("k", isSingleUse: false, now: 0)
    cache.receive(try token("t", .seconds(60)), for: "k", now: 0)
    let ofAnother = cache.drop("u", of: "k")
    let itself = cache.drop("t", of: "k")
    let again = cache.drop("t", of: "k")
    #expect(!ofAnother && itself && !again)
    #expect(cache.ask("k", isSingleUse: false, now: 0) == .fetch)
  }

  @Test func keysAreNotKeptForEver() throws {
    var cache = TokenCache<Int>()
    for key in 0..<(2 * TokenCache<Int>.capacity) {
      _ = cache.ask(key, isSingleUse: false, now: UInt64(key))
      cache.receive(try token("t", .seconds(60)), for: key, now: UInt64(key))
    }
    let kept = (0..<(2 * TokenCache<Int>.capacity)).count { cache.ask($0, isSingleUse: false, now: 5_000) == .use("t") }
    #expect(kept == TokenCache<Int>.capacity)
  }
}
