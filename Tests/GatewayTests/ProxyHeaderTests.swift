import Configuration
import TestSupport
import Testing
@testable import Gateway

/// The PROXY protocol as proxy-protocol.txt of HAProxy has it: section 2.1 is version 1, section 2.2 version 2.
@Suite struct ProxyHeaderTests {
  static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

  /// A version 2 header.
  static func v2(_ command: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? body.count
    return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + body
  }

  static let v4Body: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xDC, 0x04, 0x01, 0xBB]
  static let v6Body: [UInt8] =
    [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [7] + [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [8]
    + [0xDC, 0x04, 0x01, 0xBB]
  static let mappedBody: [UInt8] =
    Array(repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 1] + Array(repeating: 0, count: 15) + [1, 0, 1, 0, 2]
  /// PP2_TYPE_AUTHORITY and PP2_TYPE_NOOP (section 2.2).
  static let extras: [UInt8] = [0x02, 0x00, 0x03, 0x61, 0x2E, 0x62, 0x04, 0x00, 0x00]

  /// Name, bytes, and the address that is to be believed; nil where the socket's own stands.
  static let valid: [(String, [UInt8], String?)] =
    [
      ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443", "192.0.2.1"),
      ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535", "255.255.255.255"),
      ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0", "0.0.0.0"), ("PROXY TCP6 2001:db8::7 2001:db8::8 56324 443", "2001:db8::7"),
      ("PROXY TCP6 ::1 ::1 1 2", "::1"), ("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2", "192.0.2.1"),
      (
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
      ),
      ("PROXY UNKNOWN", nil), ("PROXY UNKNOWN 192.0.2.1 rubbish", nil),
      ("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535", nil),
    ].map { ($0.0, Array(($0.0 + "\r\n").utf8), $0.1) } + [
      ("v2 TCP4", v2(0x21, 0x11, v4Body), "192.0.2.1"), ("v2 UDP4", v2(0x21, 0x12, v4Body), "192.0.2.1"),
      ("v2 TCP6", v2(0x21, 0x21, v6Body), "2001:db8::7"), ("v2 UDP6", v2(0x21, 0x22, v6Body), "2001:db8::7"),
      ("v2 mapped", v2(0x21, 0x21, mappedBody), "192.0.2.1"),
      ("v2 TCP4 with TLVs", v2(0x21, 0x11, v4Body + extras), "192.0.2.1"),
      ("v2 TCP6 with TLVs", v2(0x21, 0x21, v6Body + extras), "2001:db8::7"),
      ("v2 Unix stream", v2(0x21, 0x31, Array(repeating: 0x61, count: 216)), nil),
      ("v2 Unix datagram", v2(0x21, 0x32, Array(repeating: 0, count: 216) + extras), nil),
      ("v2 unspecified", v2(0x21, 0x00, []), nil), ("v2 unspecified with TLVs", v2(0x21, 0x00, extras), nil),
      ("v2 LOCAL", v2(0x20, 0x00, []), nil), ("v2 LOCAL with an address", v2(0x20, 0x11, v4Body), nil),
      // The family of LOCAL is to be ignored.
      ("v2 LOCAL of no family", v2(0x20, 0xFF, [1, 2, 3]), nil),
      ("v2 as long as may be", v2(0x21, 0x11, v4Body + Array(repeating: 9, count: 508)), "192.0.2.1"),
    ]

  static func parse(_ bytes: [UInt8], maximum: Int = 536) -> Result<ProxyHeader.Parse, ProxyHeaderError> {
    do throws(ProxyHeaderError) { return .success(try ProxyHeader.parse(bytes, maximum: maximum)) } catch { return .failure(error) }
  }

  @Test func valid() {
    for (name, bytes, source) in Self.valid {
      let expected = ProxyHeader.Parse.header(ProxyHeader(source: source.flatMap { IPAddress($0) }), length: bytes.count)
      #expect((source == nil) == (source.flatMap { IPAddress($0) } == nil))
      for rest in ["", "GET / HTTP/1.1\r\n\r\n", "\r\n"] { #expect(Self.parse(bytes + Array(rest.utf8)) == .success(expected), "\(name)") }
    }
  }

  @Test func everyPrefixIsIncomplete() {
    for (name, bytes, _) in Self.valid {
      for count in 0..<bytes.count { #expect(Self.parse(Array(bytes[..<count])) == .success(.incomplete), "\(name), \(count) bytes") }
    }
  }

  @Test(
    arguments: [
      "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\rX", "PROXY \r\n", "PROXY  TCP4\r\n",
      "PROXY TCP4\r\n", "PROXY TCP4 192.0.2.1\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n",
      "PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n",
      "PROXY tcp4 192.0.2.1 198.51.100.1 1 2\r\n", "PROXY UNKNOWNX\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
      "PROXY TCP4 192.0.2.1  198.51.100.1 1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
      "PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n",
      "PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n", "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
      "PROXY TCP4 2001:db8::7 2001:db8::8 1 2\r\n",
      "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n", "PROXY TCP6 2001:db8::7 198.51.100.1 1 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1 -2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 1 +2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 1 100000\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 \u{0661} 2\r\n",
      "PROXY TCP6 [2001:db8::7] ::1 1 2\r\n",
      "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "PROXY TCP6 ::: ::1 1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\r\r\n",
    ])
  func malformedLine(_ text: String) {
    guard case .failure(.malformed) = Self.parse(Array(text.utf8)) else {
      Issue.record("\(text.debugDescription): \(Self.parse(Array(text.utf8)))")
      return
    }
  }

  /// 107 bytes hold the longest line there can be; what has no end by then never gets one.
  @Test func tooLongLine() {
    let start = "PROXY UNKNOWN "
    let fits = start + String(repeating: "x", count: 107 - 2 - start.utf8.count)
    #expect(Self.parse(Array((fits + "\r\n").utf8)) == .success(.header(ProxyHeader(source: nil), length: 107)))
    #expect(Self.parse(Array(fits.utf8)) == .success(.incomplete))
    #expect(Self.parse(Array((fits + "\r").utf8)) == .success(.incomplete))
    for rest in ["x\r\n", "x\r", "xx", String(repeating: "x", count: 10_000)] {
      #expect(Self.parse(Array((fits + rest).utf8)) == .failure(.tooLong(limit: 107)), "\(rest.prefix(4).debugDescription)")
    }
  }

  @Test(
    arguments: [
      ("version 1", v2(0x11, 0x11, v4Body)), ("version 3", v2(0x31, 0x11, v4Body)), ("command 2", v2(0x22, 0x11, v4Body)),
      ("command 15", v2(0x2F, 0x11, v4Body)), ("family 4", v2(0x21, 0x41, v4Body)), ("no transport", v2(0x21, 0x10, v4Body)),
      ("transport 3", v2(0x21, 0x13, v4Body)), ("no family", v2(0x21, 0x01, v4Body)), ("short TCP4", v2(0x21, 0x11, v4Body, length: 11)),
      ("short TCP6", v2(0x21, 0x21, v6Body, length: 35)), ("short Unix", v2(0x21, 0x31, Array(repeating: 0, count: 215))),
      ("nothing for TCP4", v2(0x21, 0x11, [])),
    ])
  func malformedBinary(_ name: String, _ bytes: [UInt8]) {
    guard case .failure(.malformed) = Self.parse(bytes) else {
      Issue.record("\(name): \(Self.parse(bytes))")
      return
    }
    // It is told as soon as it shows, not after all that was announced.
    guard case .failure(.malformed) = Self.parse(Array(bytes.prefix(16))) else {
      Issue.record("\(name), its first sixteen bytes: \(Self.parse(Array(bytes.prefix(16))))")
      return
    }
  }

  /// The length is refused when it is announced: nothing of it is kept.
  @Test func tooLongBinary() {
    for command: UInt8 in [0x20, 0x21] {
      #expect(Self.parse(Self.v2(command, 0x11, [], length: 521)) == .failure(.tooLong(limit: 536)))
      #expect(Self.parse(Self.v2(command, 0x11, [], length: 65_535)) == .failure(.tooLong(limit: 536)))
      #expect(Self.parse(Self.v2(command, 0x11, [], length: 520)) == .success(.incomplete))
      #expect(Self.parse(Self.v2(command, 0x11, [], length: 65_535), maximum: 70_000) == .success(.incomplete))
    }
  }

  @Test(
    arguments: [
      "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "PUT / HTTP/1.1", "PROPFIND / HTTP/1.1", "PROXYTCP4", "proxy TCP4", " PROXY TCP4",
      "\r\nPROXY ",
      "\r\n\r\nGET / HTTP/1.1", "\r\n\r\n\0\r\nQUIT ", "\u{16}\u{3}\u{1}\u{2}", "\0", "QUIT\n",
    ])
  func absent(_ text: String) {
    #expect(Self.parse(Array(text.utf8)) == .success(.absent))
  }

  /// Whatever one byte is changed into, a header is read or refused, and never longer than what came.
  @Test func everyByteChanged() {
    for (name, bytes, _) in Self.valid where bytes.count < 120 {
      for index in bytes.indices {
        for value in UInt8.min...UInt8.max where value != bytes[index] {
          var changed = bytes
          changed[index] = value
          switch Self.parse(changed) {
          case .success(.header(_, let length)): #expect(length <= changed.count, "\(name), byte \(index) as \(value)")
          case .success(.absent): #expect(index < 12, "\(name), byte \(index) as \(value)")
          // A length that has grown, or an end of line that is gone.
          case .success(.incomplete):
            #expect(index >= bytes.count - 2 || index == 14 || index == 15, "\(name), byte \(index) as \(value)")
          case .failure: break
          }
        }
      }
    }
  }
}
