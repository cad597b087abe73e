import TestSupport
import Testing
@testable import Relay

@Suite struct PendingBytesTests {
  private func contents(_ pending: borrowing PendingBytes) -> [UInt8] { unsafe Array(pending.bytes) }

  private func append(_ bytes: [UInt8], to pending: inout PendingBytes, limit: Int) {
    unsafe bytes.withUnsafeBytes { unsafe pending.append($0, limit: limit) }
  }

  @Test func emptyAtFirst() {
    var pending = PendingBytes()
    #expect(pending.isEmpty && pending.count == 0 && contents(pending).isEmpty)
    unsafe pending.append(UnsafeRawBufferPointer(start: nil, count: 0), limit: 100)
    append([], to: &pending, limit: 100)
    #expect(pending.isEmpty && contents(pending).isEmpty)
  }

  /// The first in are the first out, whatever the pieces.
  @Test func queue() {
    for seed in 0..<40 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let limit = [1, 4_096, 5_000, 65_536].randomElement(using: &random) ?? 1
      var pending = PendingBytes()
      var expected: [UInt8] = []
      for _ in 0..<200 {
        if random.chance(0.5) {
          let bytes = random.quick(random.number(0...(random.chance(0.2) ? 20_000 : 900)))
          append(bytes, to: &pending, limit: limit)
          expected += bytes
        } else if !expected.isEmpty {
          let count = random.chance(0.3) ? expected.count : random.number(1...expected.count)
          pending.remove(count)
          expected.removeFirst(count)
        }
        #expect(pending.count == expected.count && pending.isEmpty == expected.isEmpty, "seed \(seed)")
        #expect(contents(pending) == expected, "seed \(seed)")
      }
    }
  }

  /// Beyond the limit as well there is room for more than the next piece, or every piece would cost a copy of all.
  @Test func growsInSteps() {
    var pending = PendingBytes()
    var moves = 0
    for _ in 0..<2_000 {
      let place = unsafe pending.bytes.baseAddress
      append([UInt8](repeating: 7, count: 1_000), to: &pending, limit: 4_096)
      if unsafe pending.bytes.baseAddress != place { moves += 1 }
    }
    #expect(pending.count == 2_000_000)
    #expect(moves < 20)
  }

  /// Bytes that stay are where they were until there is no room behind them.
  @Test func appendsInPlace() {
    var pending = PendingBytes()
    append([UInt8](repeating: 1, count: 1_000), to: &pending, limit: 65_536)
    let place = unsafe pending.bytes.baseAddress
    append([UInt8](repeating: 2, count: 3_096), to: &pending, limit: 65_536)
    #expect(unsafe pending.bytes.baseAddress == place)
    pending.remove(4_000)
    #expect(contents(pending) == [UInt8](repeating: 2, count: 96))
    append([3], to: &pending, limit: 65_536)
    #expect(contents(pending) == [UInt8](repeating: 2, count: 96) + [3])
    pending.remove(97)
    #expect(unsafe pending.bytes.baseAddress == nil, "nothing waits, so nothing is kept")
  }
}
