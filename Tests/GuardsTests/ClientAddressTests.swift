import Configuration
import TestSupport
import Testing
@testable import Guards

@Suite struct ClientAddressTests {
  private static let trusted = networks("10.0.0.0/8", "127.0.0.0/8", "2001:db8:f::/48")

  private static func client(_ peer: String, forwarded: [String] = [], _ forwardedFor: [String] = [], real: [String] = []) -> String {
    let headers = ForwardingHeaders(forwarded: forwarded, forwardedFor: forwardedFor, realIP: real)
    do throws(ForwardingError) {
      return try ClientAddress(peer: ip(peer), trusted: trusted, headers: headers).address.description
    } catch {
      return error.rawValue
    }
  }

  @Test(
    arguments: [
      // An untrusted peer is itself, whatever it says.
      ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
      ("10.0.0.1", [], "10.0.0.1"),
      ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
      // The client's own lie is to the left of what the proxy wrote.
      ("10.0.0.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
      ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
      ("10.0.0.1", ["1.2.3.4, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
      ("10.0.0.1", ["10.0.0.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
      ("10.0.0.1", ["1.2.3.4, 198.51.100.1", "10.0.0.3 , 10.0.0.2"], "198.51.100.1"),
      // All trusted: the farthest.
      ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
      // Malformed: nobody, and never the proxy.
      ("10.0.0.1", ["198.51.100.1, nonsense"], "malformed"),
      ("10.0.0.1", ["198.51.100.1, nonsense, 10.0.0.2"], "malformed"),
      ("10.0.0.1", ["198.51.100.1,"], "malformed"),
      ("10.0.0.1", [""], "malformed"),
      ("10.0.0.1", ["unknown"], "malformed"),
      ("10.0.0.1", ["010.1.1.1"], "malformed"),
      ("10.0.0.1", ["198.51.100.1:443"], "198.51.100.1"),
      ("10.0.0.1", ["198.51.100.1:"], "malformed"),
      ("10.0.0.1", ["198.51.100.1:x"], "malformed"),
      ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
      ("10.0.0.1", ["[2001:db8::7]:8080"], "2001:db8::7"),
      ("10.0.0.1", ["[2001:db8::7"], "malformed"),
      ("10.0.0.1", ["[198.51.100.1]"], "malformed"),
      ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
      ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
      ("2001:db8:f::1", ["198.51.100.1, 2001:db8:f::2"], "198.51.100.1"),
      ("2001:db8:e::1", ["198.51.100.1"], "2001:db8:e::1"),
    ] as [(String, [String], String)])
  func xForwardedFor(_ peer: String, _ lines: [String], _ expected: String) {
    #expect(Self.client(peer, lines) == expected)
  }

  @Test(
    arguments: [
      // RFC 7239 section 4 and 6, their examples.
      (["for=\"_gazonk\""], "malformed"),
      (["For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
      (["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60"),
      (["for=192.0.2.43, for=198.51.100.17"], "198.51.100.17"),
      (["for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown"], "malformed"),
      (["for=192.0.2.43, for=10.0.0.2"], "192.0.2.43"),
      (["for=192.0.2.43", "for=10.0.0.2"], "192.0.2.43"),
      (["proto=https;for=192.0.2.43:1234"], "192.0.2.43"),
      (["for=\"192.0.2.43:_port\""], "192.0.2.43"),
      (["for=\"\\1\\9\\2.0.2.43\""], "192.0.2.43"),
      (["host=\"a,b;c\";for=192.0.2.43"], "192.0.2.43"),
      ([", for=192.0.2.43 ,"], "192.0.2.43"),
      (["FOR=192.0.2.43"], "192.0.2.43"),
      (["proto=https"], "malformed"),
      (["for=_SEVKISEK, for=10.0.0.2"], "malformed"),
      // Pairs may be empty.
      (["for=192.0.2.43;"], "192.0.2.43"),
      ([";;for=192.0.2.43;;proto=http"], "192.0.2.43"),
      (["proto=http; for=192.0.2.43"], "192.0.2.43"),
      // Not by the letter, but written: no quotes around IPv6.
      (["for=[2001:db8::1]:80"], "2001:db8::1"),
      // Broken grammar: nothing of the line is used.
      (["for=192.0.2.43;for=192.0.2.44"], "malformed"),
      (["for=\"192.0.2.43"], "malformed"),
      (["for=192.0.2.43 198.51.100.1"], "malformed"),
      (["for="], "malformed"),
      (["for"], "malformed"),
      (["=192.0.2.43"], "malformed"),
      // A client's open quote must not swallow what the proxy appended, and then pass for it.
      (["for=192.0.2.1;x=\", for=198.51.100.1"], "malformed"),
      (["for=192.0.2.1;x=\", for=\"[2001:db8::1]\""], "malformed"),
      (["for=192.0.2.1;x=\"\\", "for=198.51.100.1"], "198.51.100.1"),
    ] as [([String], String)])
  func forwarded(_ lines: [String], _ expected: String) {
    #expect(Self.client("10.0.0.1", forwarded: lines) == expected)
  }

  @Test(
    arguments: [
      ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"), ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
      ("10.0.0.1", ["nonsense"], "malformed"),
      ("10.0.0.1", ["198.51.100.1", "198.51.100.2"], "malformed"), ("10.0.0.1", [" 2001:db8::7 "], "2001:db8::7"),
    ] as [(String, [String], String)])
  func xRealIP(_ peer: String, _ lines: [String], _ expected: String) {
    #expect(Self.client(peer, real: lines) == expected)
  }

  @Test func headersThatDisagreeAreNotBelieved() {
    // The proxy wrote X-Forwarded-For and passed the client's own Forwarded on, or the other way round.
    #expect(Self.client("10.0.0.1", forwarded: ["for=1.2.3.4"], ["198.51.100.1"]) == "disagreement")
    #expect(Self.client("10.0.0.1", forwarded: ["for=198.51.100.1"], ["198.51.100.1"]) == "198.51.100.1")
    // The proxy wrote X-Real-IP only.
    #expect(Self.client("10.0.0.1", ["1.2.3.4"], real: ["198.51.100.1"]) == "disagreement")
    #expect(Self.client("10.0.0.1", ["198.51.100.1"], real: ["198.51.100.1"]) == "198.51.100.1")
    // nginx behind another proxy: X-Real-IP is that proxy.
    #expect(Self.client("10.0.0.1", ["198.51.100.1, 10.0.0.2"], real: ["10.0.0.2"]) == "198.51.100.1")
    #expect(Self.client("10.0.0.1", ["198.51.100.1"], real: ["nonsense"]) == "malformed")
  }

  @Test func theLogFormIsMaskedUnlessTold() {
    #expect(ClientAddress(ip("192.168.1.77")).logged(masked: true) == "192.168.1.xxx")
    #expect(ClientAddress(ip("192.168.1.77")).logged(masked: false) == "192.168.1.77")
    #expect(ClientAddress(ip("::ffff:192.168.1.77")).logged(masked: true) == "192.168.1.xxx")
    #expect(ClientAddress(ip("2001:db8::7")).logged(masked: true).hasSuffix(":xxxx:xxxx"))
  }

  /// Whatever a client writes, it cannot become anybody but what the last trusted hop saw.
  @Test(arguments: [51, 52, 53, 54] as [UInt64])
  func aClientCannotChooseItsAddress(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "1.2.3.4", "10.0.0.7", "2001:db8::1", "for=1.2.3.4", "for=\"", "\"", ",", ";",
      "\\", " ", "[", "]", ":", "_x", "unknown", "=", "for",
    ]
    for _ in 0..<5000 {
      let lie = (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
      let real = "198.51.100.\(Int.random(in: 1...250, using: &random))"
      let appended = lie.isEmpty ? real : "\(lie), \(real)"
      #expect(Self.client("10.0.0.1", [appended]) == real, "seed \(seed): \(appended)")
      // In `Forwarded` a lie can spoil the line, which costs the client its own address and gains it nobody else's.
      let element = Bool.random(using: &random) ? "for=\(real)" : "for=\"\(real):443\";proto=https"
      let line = lie.isEmpty ? element : "\(lie), \(element)"
      #expect([real, "malformed"].contains(Self.client("10.0.0.1", forwarded: [line])), "seed \(seed): \(line)")
    }
  }
}
