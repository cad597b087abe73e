import Telemetry
import TestSupport
import Testing
@testable import Guards

@Suite struct MeterTableTests {
  private let ten = Allowance(count: 10, per: minute)

  private func key(_ number: Int) -> LimitKey { LimitKey("t", .subject("s\(number)")) }

  @Test func oneKeyIsOneMeter() {
    let table = MeterTable()
    let first = table.meter(.messages, key(1), ten, now: 0)
    #expect(table.meter(.messages, key(1), ten, now: 0) === first)
    let others = [
      table.meter(.messages, key(2), ten, now: 0), table.meter(.bytes, key(1), ten, now: 0),
      table.meter(.messages, key(1), Allowance(count: 10, per: second), now: 0),
    ]
    #expect(Set((others + [first]).map { ObjectIdentifier($0) }).count == 4)
    #expect(table.count == 4)
  }

  @Test func withoutABurstAllMayComeAtOnce() {
    let table = MeterTable()
    #expect(table.meter(.messages, key(1), ten, now: 0).burst == 10)
    #expect(table.meter(.messages, key(2), Allowance(count: 10, per: minute, burst: 3), now: 0).burst == 3)
  }

  @Test func aMeterOutlivesItsSessionsUntilItIsFull() {
    let table = MeterTable(shards: 1)
    #expect(table.meter(.audio, key(1), ten, now: 0).take(10, now: 0))
    _ = table.meter(.audio, key(2), ten, now: minute - 1)
    #expect(table.meter(.audio, key(1), ten, now: 30 * second).remaining(now: 30 * second) == 5)
    // Full again, and in no session: nothing to remember.
    let other = table.meter(.audio, key(3), ten, now: minute)
    #expect(table.count == 1)
    #expect(other.take(1, now: minute))
  }

  @Test func aMeterInASessionStays() {
    let table = MeterTable(entries: 8, shards: 1)
    let held = (0..<20).map { table.meter(.audio, key($0), ten, now: 0) }
    for number in 100..<1000 { _ = table.meter(.audio, key(number), ten, now: minute) }
    for number in 0..<20 { #expect(table.meter(.audio, key(number), ten, now: minute) === held[number]) }
    #expect(table.count <= 2 * 20 + 8)
  }

  @Test func memoryIsBounded() {
    let evictions = Counter()
    let table = MeterTable(entries: 1000, shards: 4, evictions: evictions)
    for number in 0..<50_000 { #expect(table.meter(.usage, key(number), ten, now: 0).take(1, now: 0)) }
    let lost = evictions.value
    #expect(lost == UInt64(50_000 - table.count))
    #expect(table.count <= 1000)
    #expect(table.count > 900)
    // What is full again is no loss.
    for number in 0..<5_000 { _ = table.meter(.usage, key(-1 - number), ten, now: 60 * minute) }
    #expect(evictions.value == lost)
  }

  @Test func aChangedLimitKeepsWhatWasUsed() {
    let table = MeterTable()
    let old = table.meter(.audio, key(1), ten, now: minute)
    #expect(old.take(6, now: minute))
    let more = table.meter(.audio, key(1), Allowance(count: 20, per: minute), now: minute)
    #expect(more.remaining(now: minute) == 14)
    let less = table.meter(.audio, key(1), Allowance(count: 5, per: minute), now: minute)
    #expect(less.remaining(now: minute) == 0)
    // A session that is open goes on with what it was given.
    #expect(old.take(4, now: minute))
  }

  /// Sessions that come and go, each with several meters, against a dictionary that never forgets: what was used is never forgotten early.
  @Test(arguments: [131, 132, 133] as [UInt64])
  func forgetsOnlyWhatSaysNothing(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let table = MeterTable(entries: 4_000, shards: 3)
    var model: [Int: Meter] = [:]
    var open: [(number: Int, meter: Meter)] = []
    var now: UInt64 = 0
    var most = 0
    for step in 0..<20_000 {
      now += UInt64.random(in: 0...(second / 10), using: &random)
      let number = Int.random(in: 0..<3_000, using: &random)
      open.append((number, table.meter(.messages, key(number), ten, now: now)))
      if open.count > 50 { open.remove(at: Int.random(in: 0..<open.count, using: &random)) }
      guard let session = open.randomElement(using: &random) else { continue }
      let cost = Int.random(in: 1...4, using: &random)
      let expected = model[session.number, default: Meter(count: 10, per: minute)].take(cost, now: now)
      if model[session.number] == nil {
        let meter = Meter(count: 10, per: minute)
        _ = meter.take(cost, now: now)
        model[session.number] = meter
      }
      #expect(session.meter.take(cost, now: now) == expected, "seed \(seed), step \(step)")
      most = max(most, table.count)
    }
    #expect(most < 2_500, "seed \(seed): \(most) meters for at most 51 sessions at once")
    open.removeAll()
    for _ in 0..<4_000 { _ = table.meter(.messages, key(0), ten, now: now + 2 * minute) }
    #expect(table.count <= 2_000, "seed \(seed)")
  }

  @Test func manyTasksGetTheSameMeter() async {
    let table = MeterTable()
    let granted = await withTaskGroup(of: Int.self, returning: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<500).reduce(0) { sum, step in
            sum + (table.meter(.messages, LimitKey("t", .gateway), Allowance(count: 700, per: minute), now: 0).take(1, now: 0) ? 1 : 0)
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(granted == 700)
  }
}
