/// Ids that look like a vendor's and repeat from the same seed (SplitMix64).
struct SimulatorRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// `digits` hexadecimal digits.
  mutating func hex(_ digits: Int = 20) -> String {
    var text = ""
    while text.count < digits {
      let part = String(next(), radix: 16)
      text += String(repeating: "0", count: 16 - part.count) + part
    }
    return String(text.prefix(digits))
  }

  /// RFC 9562 version 4 in form.
  mutating func uuid() -> String {
    let digits = Array(hex(32))
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    let variant = ["8", "9", "a", "b"][Int(next() % 4)]
    return "\(part(0..<8))-\(part(8..<12))-4\(part(13..<16))-\(variant)\(part(17..<20))-\(part(20..<32))"
  }
}
