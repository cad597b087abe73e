/// An IPv4 or IPv6 address. An IPv4 address in IPv6 clothes (`::ffff:1.2.3.4`, RFC 4291 2.5.5.2) is that IPv4 address: a rule about
/// one must not be passed by the other.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
  case v4(UInt32)
  case v6(UInt128)

  /// From the bits of an IPv6 address.
  public init(bits: UInt128) {
    self = bits >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: bits)) : .v6(bits)
  }

  /// Reads dotted decimal without leading zeros (some readers take those for octal), or the forms of RFC 4291 section 2.2.
  /// No port, no brackets, no zone.
  public init?(_ text: String) {
    if text.contains(":") {
      guard let bits = Self.parseV6(text) else { return nil }
      self.init(bits: bits)
    } else {
      guard let bits = Self.parseV4(text[...]) else { return nil }
      self = .v4(bits)
    }
  }

  /// Whether packets to it never leave the machine.
  public var isLoopback: Bool {
    switch self {
    case .v4(let bits): bits >> 24 == 127
    case .v6(let bits): bits == 1
    }
  }

  /// Whether it is of a network that is not the public internet: loopback, link-local, RFC 1918, RFC 6598, unique local (RFC 4193).
  public var isPrivate: Bool {
    switch self {
    case .v4(let bits):
      bits >> 24 == 127 || bits >> 24 == 10 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 || bits >> 16 == 0xA9FE || bits >> 22 == 0x191
    case .v6(let bits): bits == 1 || bits >> 121 == 0x7E || bits >> 118 == 0x3FA
    }
  }

  /// Dotted decimal, or the canonical text of RFC 5952.
  public var description: String {
    switch self {
    case .v4(let bits): Self.octets(bits).map(String.init).joined(separator: ".")
    case .v6(let bits): Self.text(Self.groups(bits))
    }
  }

  /// What a log may say of it: the last octet, or the last two groups, replaced.
  public var masked: String {
    switch self {
    case .v4(let bits): Self.octets(bits).prefix(3).map(String.init).joined(separator: ".") + ".xxx"
    case .v6(let bits): Self.groups(bits).prefix(6).map { String($0, radix: 16) }.joined(separator: ":") + ":xxxx:xxxx"
    }
  }

  /// The same for any text; what is no address is masked whole.
  public static func masked(_ text: String) -> String {
    IPAddress(text)?.masked ?? "xxx.xxx.xxx.xxx"
  }

  private static func octets(_ bits: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) }
  }

  private static func groups(_ bits: UInt128) -> [UInt16] {
    (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
  }

  /// RFC 5952 section 4: lower case, no leading zeros, the first longest run of two or more zero groups shortened.
  private static func text(_ groups: [UInt16]) -> String {
    var best = 0..<0
    var begin = 0
    while begin < groups.count {
      var end = begin
      while end < groups.count, groups[end] == 0 { end += 1 }
      if end - begin > max(1, best.count) { best = begin..<end }
      begin = max(end, begin + 1)
    }
    func join(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
    return best.isEmpty ? join(groups[...]) : join(groups[..<best.lowerBound]) + "::" + join(groups[best.upperBound...])
  }

  private static func parseV4(_ text: Substring) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        part.utf8.count == 1 || part.utf8.first != 0x30, let octet = UInt8(part)
      else { return nil }
      bits = bits << 8 | UInt32(octet)
    }
    return bits
  }

  private static func parseV6(_ text: String) -> UInt128? {
    guard let gap = text.firstRange(of: "::") else {
      guard let groups = parseGroups(text[...]), groups.count == 8 else { return nil }
      return join(groups)
    }
    guard let head = parseGroups(text[..<gap.lowerBound], isLast: false), let tail = parseGroups(text[gap.upperBound...]),
      head.count + tail.count < 8
    else { return nil }
    return join(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
  }

  /// Groups between colons; the last of the whole may be an IPv4 address, which is two.
  private static func parseGroups(_ text: Substring, isLast: Bool = true) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.contains(".") {
        guard let bits = parseV4(part) else { return nil }
        groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.first != 0x2B, let group = UInt16(part, radix: 16) else { return nil }
        groups.append(group)
      }
    }
    return groups
  }

  private static func join(_ groups: [UInt16]) -> UInt128 {
    groups.reduce(0) { $0 << 16 | UInt128($1) }
  }
}
