import YAML

/// A network in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`; an address alone is the network of itself.
public struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
  /// The first address; the bits after the prefix are zero.
  public let address: IPAddress
  /// Bits that count: up to 32 for IPv4, 128 for IPv6.
  public let length: Int

  /// The network of a length around an address. Nil where the length does not fit the family.
  public init?(_ address: IPAddress, length: Int) {
    switch address {
    case .v4(let bits):
      guard (0...32).contains(length) else { return nil }
      self.address = .v4(length == 0 ? 0 : bits & (UInt32.max << UInt32(32 - length)))
    case .v6(let bits):
      guard (0...128).contains(length) else { return nil }
      self.address = .v6(length == 0 ? 0 : bits & (UInt128.max << UInt128(128 - length)))
    }
    self.length = length
  }

  /// Reads CIDR notation. `::ffff:10.0.0.0/104` is `10.0.0.0/8`. Bits set after the prefix are dropped; `parse` tells of them.
  public init?(_ text: String) {
    guard let prefix = Self.parse(text)?.prefix else { return nil }
    self = prefix
  }

  /// The prefix, and whether the text set bits after it: `10.1.2.3/8` was probably meant as something else.
  static func parse(_ text: String) -> (prefix: IPPrefix, isExact: Bool)? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
    var length: Int
    if case .v4 = address { length = 32 } else { length = 128 }
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = Int(parts[1]) else { return nil }
      let isMapped = parts[0].contains(":") && length == 32
      guard !isMapped || given >= 96 else { return nil }
      length = isMapped ? given - 96 : given
    }
    guard let prefix = IPPrefix(address, length: length) else { return nil }
    return (prefix, prefix.address == address)
  }

  public func contains(_ other: IPAddress) -> Bool {
    switch (address, other) {
    case (.v4, .v4), (.v6, .v6): IPPrefix(other, length: length)?.address == address
    default: false
    }
  }

  public var description: String { "\(address)/\(length)" }
}

extension ValueType where Value == IPPrefix {
  public static var network: ValueType {
    ValueType("network", shape: .text(pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"), write: { YAMLText.flow($0.description) }) {
      node, place, _, reader in
      guard let parsed = node.text.flatMap(IPPrefix.parse) else {
        reader.mismatch(node, at: place, expected: "a network such as 10.0.0.0/8 or 2001:db8::/32")
        return nil
      }
      if !parsed.isExact {
        reader.error("\(place.phrase) has bits set after its prefix length", at: node.start, suggestion: parsed.prefix.description)
      }
      return parsed.prefix
    }
  }
}
