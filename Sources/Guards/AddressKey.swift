import Configuration

/// A client address as limits see it. An IPv6 subscriber has 2^64 addresses to choose from (RFC 6177), so the /64 counts as one.
public enum AddressKey: Hashable, Sendable {
  case v4(UInt32)
  case v6(UInt64)

  public init(_ address: IPAddress) {
    switch address {
    case .v4(let bits): self = .v4(bits)
    case .v6(let bits): self = .v6(UInt64(truncatingIfNeeded: bits >> 64))
    }
  }
}
