import Configuration
import TestSupport
import Testing

@Suite struct IPPrefixTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "255.1.2.3", true),
    ("0.0.0.0/0", "::1", false),
    ("192.168.1.7", "192.168.1.7", true), ("192.168.1.7", "192.168.1.8", false), ("192.168.1.0/25", "192.168.1.127", true),
    ("192.168.1.0/25", "192.168.1.128", false),
    ("::/0", "2001:db8::1", true), ("::/0", "1.2.3.4", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
    ("2001:db8::/32", "2001:db9::", false), ("::1/128", "::1", true),
    ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("::ffff:10.0.0.0/104", "11.1.2.3", false),
  ])
  func contains(prefix: String, address: String, expected: Bool) throws {
    #expect(try #require(IPPrefix(prefix)).contains(#require(IPAddress(address))) == expected)
  }

  @Test(arguments: [
    "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "::/129", "10.0.0/8", "::ffff:10.0.0.0/8",
    "example.com/8",
  ])
  func refused(text: String) {
    #expect(IPPrefix(text) == nil)
  }

  @Test func bitsAfterThePrefixAreDropped() {
    #expect(IPPrefix("10.1.2.3/8")?.description == "10.0.0.0/8")
    #expect(IPPrefix("2001:db8::1/32")?.description == "2001:db8::/32")
    #expect(IPPrefix("1.2.3.4")?.description == "1.2.3.4/32")
  }

  /// A prefix holds exactly the addresses that share its first bits: flipping a bit inside leaves it, flipping one after does not.
  @Test func bitFlips() throws {
    let seed: UInt64 = 5
    var generator = SeededGenerator(seed: seed)
    for round in 0..<2_000 {
      let isV4 = Bool.random(using: &generator)
      let width = isV4 ? 32 : 128
      let length = Int.random(in: 0...width, using: &generator)
      let bit = Int.random(in: 0..<width, using: &generator)
      let high = UInt128(UInt64.random(in: .min ... .max, using: &generator))
      let bits = high << 64 | UInt128(UInt64.random(in: .min ... .max, using: &generator))
      func address(_ bits: UInt128) -> IPAddress { isV4 ? .v4(UInt32(truncatingIfNeeded: bits)) : .v6(bits) }
      let prefix = try #require(IPPrefix(address(bits), length: length))
      let name = "seed \(seed), round \(round): \(prefix), bit \(bit)"
      #expect(prefix.contains(address(bits)), "\(name)")
      #expect(prefix.contains(address(bits ^ (1 << UInt128(width - 1 - bit)))) == (bit >= length), "\(name)")
    }
  }
}
