import Testing
@testable import Vendors

/// Values of ITU-T G.711, scaled to 16 bits.
@Suite struct G711Tests {
  @Test(arguments: [
    (UInt8(0xFF), Int16(0)), (0x7F, 0), (0x80, 32124), (0x00, -32124), (0xFE, 8), (0x7E, -8), (0xEF, 132), (0xC0, 1884),
    (0x8F, 16764),
  ])
  func mulaw(byte: UInt8, sample: Int16) { #expect(G711.mulawDecode(byte) == sample) }

  @Test(arguments: [(UInt8(0xD5), Int16(8)), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0xD4, 24), (0xC5, 264), (0x80, 5504)])
  func alaw(byte: UInt8, sample: Int16) { #expect(G711.alawDecode(byte) == sample) }

  @Test func everyByteComesBack() {
    for byte in UInt8.min...UInt8.max {
      #expect(G711.alawEncode(G711.alawDecode(byte)) == byte)
      // Mu-law has two zeros, of which encoding makes the positive one.
      #expect(G711.mulawEncode(G711.mulawDecode(byte)) == (byte == 0x7F ? 0xFF : byte))
    }
  }

  @Test func everySampleIsNearItsCode() {
    for value in stride(from: Int(Int16.min), through: Int(Int16.max), by: 7) {
      let sample = Int16(value)
      // The widest segment has steps of 1024; clipping begins at 32635.
      let allowed = max(abs(value) / 16, 16) + (abs(value) > 32_000 ? 600 : 0)
      #expect(abs(Int(G711.mulawDecode(G711.mulawEncode(sample))) - value) <= allowed, "mu-law \(value)")
      #expect(abs(Int(G711.alawDecode(G711.alawEncode(sample))) - value) <= allowed, "A-law \(value)")
    }
  }
}
