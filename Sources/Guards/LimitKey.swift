/// Who is counted together.
public enum LimitScope: String, Sendable, CaseIterable {
  /// All who come under the limit.
  case everyone
  /// One client address; IPv6 by its /64, which one subscriber owns whole.
  case address
  /// One caller, whatever its address.
  case subject
}

/// One count: a limit, and who is counted.
public struct LimitKey: Hashable, Sendable {
  public enum Whom: Hashable, Sendable {
    case everyone
    case address(AddressKey)
    case subject(String)
  }

  /// Name of the limit: a route, a tier, or the gateway. Two limits of one name share their counts.
  public let limit: String
  public let whom: Whom

  public init(_ limit: String, _ whom: Whom) {
    self.limit = limit
    self.whom = whom
  }
}
