import Synchronization
import Testing

@testable import WebSocket

@Suite("Mask keys, RFC 6455 section 5.3")
struct MaskKeysTests {
  @Test func handsOutEveryKeyOfABatchOnce() {
    let draws = Counter()
    var keys = MaskKeys { batch in
      let draw = draws.next()
      for index in batch.indices { batch[index] = UInt32(draw * MaskKeys.batch + index) }
    }
    var seen = Set<UInt32>()
    for count in 1...3 * MaskKeys.batch {
      seen.insert(keys.next())
      #expect(draws.value == (count + MaskKeys.batch - 1) / MaskKeys.batch)
    }
    #expect(seen == Set(0..<UInt32(3 * MaskKeys.batch)))
  }

  @Test func systemKeysDiffer() {
    var keys = MaskKeys()
    var others = MaskKeys()
    var seen = Set<UInt32>()
    for _ in 0..<500 {
      seen.insert(keys.next())
      seen.insert(others.next())
    }
    // 1,000 draws of 32 bits: more than two equal pairs has a probability below 1 in 10 million.
    #expect(seen.count >= 998)
  }

  private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    /// The draws before this one.
    func next() -> Int {
      count.withLock { count in
        defer { count += 1 }
        return count
      }
    }
  }
}
