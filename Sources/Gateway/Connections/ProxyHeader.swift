import Configuration

/// What a proxy says of a connection before its first byte: the PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt).
struct ProxyHeader: Equatable, Sendable {
  /// Where the connection comes from. Nil where the proxy names no address (`UNKNOWN`, `LOCAL`, unspecified, a Unix socket): then the
  /// socket's own peer stands.
  var source: IPAddress?

  /// How the bytes so far look.
  enum Parse: Equatable {
    /// They may become a header; more are needed.
    case incomplete
    /// They are none, whatever follows.
    case absent
    /// A header, and how many bytes it has.
    case header(ProxyHeader, length: Int)
  }

  /// Bytes of a version 1 line, its end included: the longest that the protocol allows (section 2.1).
  static let maximumLine = 107
  /// Bytes of a version 2 header before the part that it announces the length of.
  static let fixedPart = 16

  private static let prefix = Array("PROXY ".utf8)
  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

  /// Reads the header at the start of a connection.
  ///
  /// - Parameters:
  ///   - bytes: all that has come so far.
  ///   - maximum: bytes that a version 2 header may have, its TLVs included.
  static func parse(_ bytes: [UInt8], maximum: Int) throws(ProxyHeaderError) -> Parse {
    if bytes.isEmpty { return .incomplete }
    if begins(bytes, prefix) { return bytes.count < prefix.count ? .incomplete : try line(bytes) }
    if begins(bytes, signature) { return bytes.count < fixedPart ? try beginning(bytes) : try binary(bytes, maximum) }
    return .absent
  }

  /// Whether the bytes so far are a beginning of `mark`, or `mark` and more.
  private static func begins(_ bytes: [UInt8], _ mark: [UInt8]) -> Bool {
    bytes.prefix(mark.count).elementsEqual(mark.prefix(bytes.count))
  }

  // MARK: Version 1

  /// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`, CR and LF.
  private static func line(_ bytes: [UInt8]) throws(ProxyHeaderError) -> Parse {
    let start = bytes.prefix(maximumLine)
    guard let end = start.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) else {
      guard bytes.count < maximumLine else { throw .tooLong(limit: maximumLine) }
      return .incomplete
    }
    guard bytes[end] == 0x0D else { throw .malformed("a version 1 line ends in CR LF") }
    guard end + 1 < bytes.count else {
      guard bytes.count < maximumLine else { throw .tooLong(limit: maximumLine) }
      return .incomplete
    }
    guard end + 1 < maximumLine else { throw .tooLong(limit: maximumLine) }
    guard bytes[end + 1] == 0x0A else { throw .malformed("a version 1 line ends in CR LF") }
    return .header(ProxyHeader(source: try source(ofLine: bytes[..<end])), length: end + 2)
  }

  private static func source(ofLine bytes: ArraySlice<UInt8>) throws(ProxyHeaderError) -> IPAddress? {
    let words = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).dropFirst().map {
      String(decoding: $0, as: UTF8.self)
    }
    switch words.first {
    // Whatever follows is to be ignored.
    case "UNKNOWN": return nil
    case "TCP4", "TCP6": break
    default: throw .malformed("expected TCP4, TCP6 or UNKNOWN")
    }
    guard words.count == 5 else { throw .malformed("expected two addresses and two ports") }
    let isV6 = words[0] == "TCP6"
    var addresses: [IPAddress] = []
    for word in words[1...2] {
      guard word.contains(":") == isV6, let address = IPAddress(word) else { throw .malformed("expected an address of \(words[0])") }
      addresses.append(address)
    }
    for word in words[3...4] {
      guard isPort(word) else { throw .malformed("expected a port") }
    }
    return addresses[0]
  }

  /// 0 to 65535 without leading zeros.
  private static func isPort(_ word: String) -> Bool {
    guard (1...5).contains(word.utf8.count), word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    return (word.utf8.count == 1 || word.utf8.first != 0x30) && UInt16(word) != nil
  }

  // MARK: Version 2

  /// A version or command that is none is told before the length has come.
  private static func beginning(_ bytes: [UInt8]) throws(ProxyHeaderError) -> Parse {
    if bytes.count > 12 { _ = try isLocal(bytes[12]) }
    return .incomplete
  }

  private static func isLocal(_ byte: UInt8) throws(ProxyHeaderError) -> Bool {
    guard byte >> 4 == 2 else { throw .malformed("version \(byte >> 4) is not 2") }
    guard byte & 15 < 2 else { throw .malformed("unknown command \(byte & 15)") }
    return byte & 15 == 0
  }

  private static func binary(_ bytes: [UInt8], _ maximum: Int) throws(ProxyHeaderError) -> Parse {
    let isLocal = try isLocal(bytes[12])
    let announced = Int(bytes[14]) << 8 | Int(bytes[15])
    let length = fixedPart + announced
    guard length <= maximum else { throw .tooLong(limit: maximum) }
    // The family of a LOCAL connection is to be ignored, and what follows with it.
    let room = isLocal ? 0 : try addressLength(family: bytes[13])
    guard announced >= room else { throw .malformed("\(announced) bytes have no room for the addresses") }
    guard bytes.count >= length else { return .incomplete }
    guard !isLocal else { return .header(ProxyHeader(source: nil), length: length) }
    let source: IPAddress? =
      switch bytes[13] >> 4 {
      case 1: .v4(bytes[16..<20].reduce(0) { $0 << 8 | UInt32($1) })
      case 2: IPAddress(bits: bytes[16..<32].reduce(0) { $0 << 8 | UInt128($1) })
      default: nil
      }
    return .header(ProxyHeader(source: source), length: length)
  }

  /// Bytes that both addresses and ports of a family have; all others are to be refused (section 2.2).
  private static func addressLength(family: UInt8) throws(ProxyHeaderError) -> Int {
    switch family {
    case 0x00: 0
    case 0x11, 0x12: 12
    case 0x21, 0x22: 36
    case 0x31, 0x32: 216
    default: throw .malformed("unknown address family 0x\(String(family, radix: 16))")
    }
  }
}

/// Why the start of a connection is not accepted where proxies announce their clients.
enum ProxyHeaderError: Error, Equatable, Sendable, CustomStringConvertible {
  case malformed(String)
  /// More bytes than a header may have.
  case tooLong(limit: Int)
  /// A header is demanded and none came.
  case missing
  /// The peer is not one of `trusted_proxies`.
  case untrusted

  /// Stable name for logs.
  var name: String {
    switch self {
    case .malformed: "malformed"
    case .tooLong: "too_long"
    case .missing: "missing"
    case .untrusted: "untrusted"
    }
  }

  var description: String {
    switch self {
    case .malformed(let detail): "malformed: \(detail)"
    case .tooLong(let limit): "too_long: more than \(limit) bytes"
    case .missing: "missing"
    case .untrusted: "untrusted: the peer is not in 'trusted_proxies'"
    }
  }
}
