import TestSupport
import Testing

@testable import WebSocket

@Suite("Masking, RFC 6455 section 5.3")
struct MaskTests {
  /// The definition: octet i of the result is octet i of the original XOR octet i MOD 4 of the key.
  static func byDefinition(_ key: UInt32, _ phase: Int, _ bytes: [UInt8]) -> [UInt8] {
    let octets = (0..<4).map { UInt8(truncatingIfNeeded: key >> UInt32($0 * 8)) }
    return bytes.enumerated().map { $1 ^ octets[($0 + phase) % 4] }
  }

  @Test func theExample() {
    var bytes = Array("Hello".utf8)
    Mask.apply(0x3D21_FA37, to: &bytes)
    #expect(bytes == [0x7F, 0x9F, 0x4D, 0x51, 0x58])
  }

  @Test("lanes agree with the definition at every phase, length and alignment", arguments: 0..<8)
  func lanes(alignment: Int) {
    var random = SeededGenerator(seed: UInt64(alignment))
    for length in 0...70 {
      for phase in 0..<6 {
        let key = UInt32.random(in: .min ... .max, using: &random)
        let plain = random.bytes(length)
        let expected = Self.byDefinition(key, phase, plain)
        var padded = [UInt8](repeating: 0x11, count: alignment) + plain + [0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22]
        unsafe padded.withUnsafeMutableBytes {
          unsafe Mask.apply(key, phase: phase, to: UnsafeMutableRawBufferPointer(rebasing: $0[alignment..<alignment + length]))
        }
        #expect(Array(padded[alignment..<alignment + length]) == expected, "seed \(alignment) length \(length) phase \(phase)")
        #expect(padded[..<alignment].allSatisfy { $0 == 0x11 } && padded[(alignment + length)...].allSatisfy { $0 == 0x22 })

        var target = [UInt8](repeating: 0x33, count: alignment + length + 1)
        unsafe target.withUnsafeMutableBytes { target in
          unsafe plain.withUnsafeBytes { source in
            unsafe Mask.apply(key, phase: phase, from: source, to: UnsafeMutableRawBufferPointer(rebasing: target[alignment...]))
          }
        }
        #expect(Array(target[alignment..<alignment + length]) == expected, "seed \(alignment) length \(length) phase \(phase)")
        #expect(target.last == 0x33)
      }
    }
  }

  @Test func twiceIsNothing() {
    var random = SeededGenerator(seed: 7)
    let plain = random.bytes(1_000)
    var bytes = plain
    Mask.apply(0xDEAD_BEEF, phase: 3, to: &bytes)
    #expect(bytes != plain)
    Mask.apply(0xDEAD_BEEF, phase: 3, to: &bytes)
    #expect(bytes == plain)
  }

  @Test func aShorterTargetBoundsTheCopy() {
    let source = [UInt8](repeating: 1, count: 20)
    var target = [UInt8](repeating: 0, count: 5)
    unsafe target.withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { unsafe Mask.apply(0, phase: 0, from: $0, to: target) }
    }
    #expect(target == [1, 1, 1, 1, 1])
  }
}
