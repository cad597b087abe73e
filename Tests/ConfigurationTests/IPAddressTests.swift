import Configuration
import TestSupport
import Testing

@Suite struct IPAddressTests {
  /// Canonical text by RFC 5952 section 4; IPv4 in IPv6 clothes becomes IPv4.
  @Test(arguments: [
    ("192.168.1.23", "192.168.1.23"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"),
    ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("::ffff:1.2.3.4", "1.2.3.4"), ("::FFFF:0102:0304", "1.2.3.4"), ("::1.2.3.4", "::102:304"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
  ])
  func canonicalText(text: String, expected: String) {
    #expect(IPAddress(text)?.description == expected)
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..2.3", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "+1.2.3.4", "a.b.c.d",
    "1.2.3.4:80",
    ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "[::1]", "1:2:3:4:5:6:7:8::", "::1.2.3",
    "1.2.3.4::", "+1::", "::-1",
  ])
  func refused(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: [
    ("192.168.1.23", "192.168.1.xxx"), ("::ffff:10.1.2.3", "10.1.2.xxx"), ("2001:db8::8a2e:370:7334", "2001:db8:0:0:0:8a2e:xxxx:xxxx"),
    ("::1", "0:0:0:0:0:0:xxxx:xxxx"),
    ("unknown", "xxx.xxx.xxx.xxx"), ("", "xxx.xxx.xxx.xxx"),
  ])
  func masked(text: String, expected: String) {
    #expect(IPAddress.masked(text) == expected)
  }

  @Test(arguments: [
    ("127.0.0.1", true, true), ("127.255.0.1", true, true), ("::1", true, true), ("10.0.0.1", false, true), ("172.16.0.1", false, true),
    ("172.31.255.255", false, true),
    ("172.32.0.1", false, false), ("192.168.0.1", false, true), ("192.169.0.1", false, false), ("169.254.1.1", false, true),
    ("100.64.0.1", false, true), ("100.128.0.1", false, false),
    ("8.8.8.8", false, false), ("fd00::1", false, true), ("fc00::1", false, true), ("fe80::1", false, true), ("fec0::1", false, false),
    ("2001:db8::1", false, false), ("::ffff:127.0.0.1", true, true),
  ])
  func reach(text: String, isLoopback: Bool, isPrivate: Bool) {
    #expect(IPAddress(text)?.isLoopback == isLoopback)
    #expect(IPAddress(text)?.isPrivate == isPrivate)
  }

  @Test func textReadsBack() {
    let seed: UInt64 = 3
    var generator = SeededGenerator(seed: seed)
    for round in 0..<2_000 {
      // Many zero groups, where shortening is.
      let groups = (0..<8).map { _ in
        Bool.random(using: &generator) ? UInt128(0) : UInt128(UInt16.random(in: 0...0xFFFF, using: &generator))
      }
      let address = IPAddress(bits: groups.reduce(0) { $0 << 16 | $1 })
      #expect(IPAddress(address.description) == address, "seed \(seed), round \(round): \(address)")
    }
  }
}
