/// What the guards need to know of a route: built once when the configuration is read, then only looked at.
public struct RoutePolicy: Sendable {
  /// How often sessions may be opened.
  public struct Opens: Sendable, Equatable {
    /// Names the count; limits of one name share it.
    public let name: String
    public let scope: LimitScope
    public let rate: Allowance

    public init(_ name: String, per scope: LimitScope, _ rate: Allowance) {
      self.name = name
      self.scope = scope
      self.rate = rate
    }
  }

  /// How many sessions may be open at once.
  public struct Sessions: Sendable, Equatable {
    /// Names the count; limits of one name share it.
    public let name: String
    public let scope: LimitScope
    public let most: Int

    public init(_ name: String, per scope: LimitScope, _ most: Int) {
      self.name = name
      self.scope = scope
      self.most = most
    }
  }

  /// The route's path, as configured.
  public var route: String
  /// The kill switch.
  public var enabled = true
  /// Nil lets every origin in.
  public var origin: OriginGuard?
  public var opens: [Opens] = []
  public var sessions: [Sessions] = []
  /// Tried in order, the first that accepts wins; none means that nobody is asked.
  public var credentials: [any CredentialGuard] = []
  /// Whether a client without a credential is refused. A wrong one always is.
  public var credentialRequired = true
  /// Wrong credentials per address, after which none is looked at for the rest of the window. All routes count together.
  public var failures: Allowance? = Allowance(count: 20, per: 60_000_000_000)

  public init(_ route: String) {
    self.route = route
  }
}
