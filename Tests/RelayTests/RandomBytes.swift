import TestSupport

extension SeededGenerator {
  /// Eight bytes per number: for streams of many megabytes.
  mutating func quick(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var index = 0
      while index < count {
        var word = next()
        for _ in 0..<min(8, count - index) {
          unsafe buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: word))
          word >>= 8
          index += 1
        }
      }
      filled = count
    }
  }

  /// Printable ASCII, so that it is text.
  mutating func text(_ count: Int) -> [UInt8] { quick(count).map { 0x20 + $0 % 95 } }

  /// Text as a vendor's events repeat it, ASCII.
  mutating func phrases(_ count: Int) -> [UInt8] {
    let words = ["{\"type\":\"response.audio.delta\",", "\"delta\":\"", "transcript", "Hello again", "\n", "0123456789", "\"}"]
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += Array((words.randomElement(using: &self) ?? "").utf8) }
    return Array(bytes.prefix(count))
  }

  mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// `bytes` cut at random places into pieces of at most `longest`, none of them empty.
  mutating func pieces(_ bytes: [UInt8], longest: Int) -> [[UInt8]] { split(bytes, longest: longest).filter { !$0.isEmpty } }
}
