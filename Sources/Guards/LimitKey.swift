import Tokens

/// Who is counted together. Raw values are the names in the route table.
public enum LimitScope: String, Sendable, CaseIterable {
  /// One client address; IPv6 by its /64, which one subscriber owns whole.
  case address = "ip"
  /// One caller, whatever its address.
  case subject
  /// One API key, whatever its address, and the session tokens fetched with it; callers by other methods are not counted.
  case apiKey = "api_key"
  /// All sessions of one route that come under the limit.
  case route
  /// All sessions that come under the limit.
  case gateway
}

/// One count: a limit, and who is counted.
public struct LimitKey: Hashable, Sendable {
  public enum Whom: Hashable, Sendable {
    case address(AddressKey)
    case subject(String)
    case apiKey(Fingerprint)
    case route(String)
    case gateway
  }

  /// Name of the limit: a tier, or what the gateway counts itself. Two limits of one name share their counts.
  public let limit: String
  public let whom: Whom

  public init(_ limit: String, _ whom: Whom) {
    self.limit = limit
    self.whom = whom
  }

  /// What the gateway counts itself: no tier's count, whatever that is called.
  init(own name: String, _ whom: Whom) {
    self.init("\0\(name)", whom)
  }
}
