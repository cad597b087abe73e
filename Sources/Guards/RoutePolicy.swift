/// What the guards need to know of a route: built once when the configuration is read, then only looked at.
public struct RoutePolicy: Sendable {
  /// The route's path, as configured.
  public var route: String
  /// The kill switch of the route table; ``KillSwitches`` are those of a running gateway.
  public var enabled = true
  /// Nil lets every network in.
  public var networks: NetworkGuard?
  /// Nil lets every origin in.
  public var origin: OriginGuard?
  /// What holds for strangers, and for callers whose credential names no tier.
  public var tier = TierPolicy("")
  /// The tiers that a credential of this route may name; empty when its methods name none.
  ///
  /// With tiers the credential is looked at before the limits, because it decides which hold. Without, it comes after those of the address.
  public var tiers: [String: TierPolicy] = [:]
  /// Tried in order, the first that accepts wins; none means that nobody is asked.
  public var credentials: [any CallerGuard] = []
  /// Whether a client without a credential is refused. A wrong one always is.
  public var credentialRequired = true
  /// Wrong credentials per address, after which none is looked at for the rest of the window. All routes count together.
  public var failures: Allowance? = Allowance(count: 20, per: 60_000_000_000)

  public init(_ route: String) {
    self.route = route
  }

  /// The tier that holds for a caller: the one its credential names, else the route's own.
  ///
  /// A credential that names an unknown tier is no reason to turn its holder away (a reload may have renamed the tier), and none to give
  /// more than anybody gets: the route's own holds, and the security log says so.
  func tier(of caller: Caller?) -> TierPolicy {
    caller?.tier.flatMap { tiers[$0] } ?? tier
  }
}
