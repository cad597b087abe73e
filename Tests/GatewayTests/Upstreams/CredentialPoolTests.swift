import TestSupport
import Testing
@testable import Gateway

@Suite struct CredentialPoolTests {
  private typealias Pool = CredentialPool<String>

  private func taken(_ pool: inout Pool, _ entries: [Pool.Entry], _ count: Int, now: UInt64 = 0) -> String {
    (0..<count).map { _ in
      guard case .taken(let id) = pool.take(among: entries, now: now) else { return "-" }
      return id
    }.joined()
  }

  @Test(arguments: [
    ([("a", 1), ("b", 1)], "abababab"), ([("a", 2), ("b", 1)], "abaabaab"), ([("a", 5), ("b", 1), ("c", 1)], "aabacaaaabacaa"),
    ([("a", 1)], "aaaa"),
  ])
  func sharesOutByWeight(weights: [(String, Int)], expected: String) {
    var pool = Pool()
    let entries = weights.map { Pool.Entry(id: $0.0, weight: $0.1) }
    #expect(taken(&pool, entries, expected.count) == expected)
  }

  @Test func aFullOneLeavesItToTheOthers() {
    var pool = Pool()
    let entries = [Pool.Entry(id: "a", concurrent: 1), Pool.Entry(id: "b", concurrent: 2)]
    #expect(taken(&pool, entries, 4) == "abb-")
    #expect(pool.take(among: entries, now: 0) == .busy)
    pool.release("a")
    #expect(pool.take(among: entries, now: 0) == .taken("a"))
    #expect(pool.state(of: "a").inUse == 1 && pool.state(of: "b").inUse == 2)
  }

  @Test func oneThatRestsIsPassedOver() {
    var pool = Pool()
    let entries = [Pool.Entry(id: "a"), Pool.Entry(id: "b")]
    pool.rest("a", until: 100, isTold: false)
    #expect(taken(&pool, entries, 3, now: 99) == "bbb")
    #expect(taken(&pool, entries, 4, now: 100).contains("a"))
  }

  /// A rest of our own choice yields where there is nothing else; one that the upstream named does not.
  @Test func whenAllRest() {
    var pool = Pool()
    let entries = [Pool.Entry(id: "a"), Pool.Entry(id: "b")]
    pool.rest("a", until: 300, isTold: false)
    pool.rest("b", until: 200, isTold: false)
    #expect(pool.take(among: entries, now: 0) == .taken("b"))
    pool.rest("b", until: 250, isTold: true)
    #expect(pool.take(among: entries, now: 0) == .taken("a"))
    pool.rest("a", until: 400, isTold: true)
    #expect(pool.take(among: entries, now: 50) == .resting(wait: 200))
    pool.wake("a")
    #expect(pool.take(among: entries, now: 50) == .taken("a"))
  }

  @Test func anEarlierEndDoesNotShortenARest() {
    var pool = Pool()
    pool.rest("a", until: 300, isTold: true)
    pool.rest("a", until: 200, isTold: false)
    #expect(pool.state(of: "a").restsUntil == 300 && pool.state(of: "a").isTold)
  }

  @Test func whatWasTriedIsNotTakenAgain() {
    var pool = Pool()
    let entries = [Pool.Entry(id: "a"), Pool.Entry(id: "b")]
    #expect(pool.take(among: entries, except: ["a"], now: 0) == .taken("b"))
    #expect(pool.take(among: entries, except: ["a", "b"], now: 0) == .none)
    #expect(pool.take(among: [], now: 0) == .none)
  }

  /// A reload may take one away while sessions have it; they give it back all the same.
  @Test func oneThatIsNotInTheTableAnyMore() {
    var pool = Pool()
    #expect(pool.take(among: [Pool.Entry(id: "a", concurrent: 1)], now: 0) == .taken("a"))
    #expect(pool.take(among: [Pool.Entry(id: "b")], now: 0) == .taken("b"))
    #expect(pool.take(among: [Pool.Entry(id: "a", concurrent: 1)], now: 0) == .busy)
    pool.release("a")
    pool.release("a")
    #expect(pool.state(of: "a").inUse == 0)
    #expect(pool.take(among: [Pool.Entry(id: "a", concurrent: 1)], now: 0) == .taken("a"))
  }

  /// Never more at a time than allowed, every place comes back, and shares follow the weights.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func keepsCount(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let entries = (0..<Int.random(in: 1...5, using: &random)).map { index in
      Pool.Entry(
        id: "\(index)", weight: .random(in: 1...9, using: &random),
        concurrent: Bool.random(using: &random) ? .random(in: 1...6, using: &random) : nil)
    }
    var pool = Pool()
    var held: [String] = []
    var now: UInt64 = 0
    for step in 0..<600 {
      now += 1
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        switch pool.take(among: entries, now: now) {
        case .taken(let id): held.append(id)
        case .busy:
          let isFull = entries.allSatisfy { entry in entry.concurrent == held.count { $0 == entry.id } }
          #expect(isFull, "seed \(seed), step \(step): busy with room")
        case .resting(let wait): #expect(wait > 0, "seed \(seed), step \(step)")
        case .none: Issue.record("seed \(seed), step \(step): none")
        }
      case 2, 3:
        if let index = held.indices.randomElement(using: &random) { pool.release(held.remove(at: index)) }
      default:
        let entry = entries.randomElement(using: &random) ?? entries[0]
        pool.rest(entry.id, until: now + .random(in: 1...30, using: &random), isTold: .random(using: &random))
      }
      for entry in entries {
        let count = held.count { $0 == entry.id }
        #expect(pool.state(of: entry.id).inUse == count, "seed \(seed), step \(step)")
        #expect(count <= entry.concurrent ?? .max, "seed \(seed), step \(step)")
      }
    }
    for id in held { pool.release(id) }
    #expect(entries.allSatisfy { pool.state(of: $0.id).inUse == 0 }, "seed \(seed): places leak")
    // A round as long as all weights gives each its weight.
    let free = entries.map { Pool.Entry(id: $0.id, weight: $0.weight) }
    var fresh = Pool()
    let round = (0..<free.reduce(0) { $0 + $1.weight }).compactMap { _ -> String? in
      if case .taken(let id) = fresh.take(among: free, now: 0) { id } else { nil }
    }
    for entry in free { #expect(round.count { $0 == entry.id } == entry.weight, "seed \(seed)") }
  }
}
