import TestSupport
import Testing
@testable import Guards

@Suite struct ExpiringTableTests {
  @Test func valuesAreGoodUntilTheirTime() {
    var table = ExpiringTable<String, Int>(capacity: 4)
    table.store(1, for: "a", until: 10, now: 0)
    #expect(table.value("a", now: 9) == 1)
    #expect(table.value("a", now: 10) == nil)
    #expect(table.value("b", now: 0) == nil)
    table.store(2, for: "a", until: 20, now: 0)
    #expect(table.value("a", now: 10) == 2 && table.count == 1)
    table.remove("a")
    table.remove("a")
    #expect(table.value("a", now: 0) == nil && table.count == 0)
  }

  @Test func theFirstStoredMakesRoom() {
    var table = ExpiringTable<Int, Int>(capacity: 3)
    for key in 0..<5 { table.store(key, for: key, until: 100, now: 0) }
    #expect((0..<5).map { table.value($0, now: 1) } == [nil, nil, 2, 3, 4])
    #expect(table.count == 3)
    // Stored anew is stored last.
    table.store(9, for: 2, until: 100, now: 0)
    table.store(5, for: 5, until: 100, now: 0)
    #expect((2...5).map { table.value($0, now: 1) } == [9, nil, 4, 5])
  }

  @Test func whatHasExpiredIsRemoved() {
    var table = ExpiringTable<Int, Int>(capacity: 1000)
    for key in 0..<600 { table.store(key, for: key, until: 10, now: 0) }
    #expect(table.count == 600)
    table.prune(now: 10)
    table.prune(now: 10)
    #expect(table.count == 88)
    table.store(0, for: 1000, until: 20, now: 10)
    #expect(table.count == 1)
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func behavesAsADictionary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var table = ExpiringTable<Int, Int>(capacity: 10_000)
    var model: [Int: (value: Int, until: UInt64)] = [:]
    var now: UInt64 = 0
    for step in 0..<5_000 {
      now += UInt64.random(in: 0...2, using: &random)
      let key = Int.random(in: 0..<200, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0, 1:
        let until = now + UInt64.random(in: 0...300, using: &random)
        table.store(step, for: key, until: until, now: now)
        model[key] = (step, until)
      case 2:
        table.remove(key)
        model[key] = nil
      default: break
      }
      let expected = model[key].flatMap { now < $0.until ? $0.value : nil }
      #expect(table.value(key, now: now) == expected, "seed \(seed) step \(step)")
    }
    #expect(table.count <= 200, "seed \(seed)")
  }

  @Test func timesDoNotOverflow() {
    #expect((5 as UInt64).advanced(by: .milliseconds(1)) == 1_000_005)
    #expect((5 as UInt64).advanced(by: .zero) == 5)
    #expect((5 as UInt64).advanced(by: .seconds(-1)) == 5)
    #expect(UInt64.max.advanced(by: .seconds(1)) == .max)
    #expect((5 as UInt64).advanced(by: .seconds(Int64.max)) == .max)
  }
}
