import Telemetry

/// A session that may be: who it is, its place in every count, and what holds for it. Dropping it gives the place back.
public struct Admitted: ~Copyable, Sendable {
  public let client: ClientAddress
  /// The client's address in the form allowed in logs.
  public let ip: String
  /// Who is calling, once and if that is known.
  public internal(set) var caller: Caller?
  /// The tier that applies: the credential's, else the route's.
  public internal(set) var tier: TierPolicy
  /// The tightest limit on openings, for the headers of the 101; nil when there is none.
  public internal(set) var budget: Budget?
  /// The limits on what happens inside the session, shared with all sessions of the same keys.
  public internal(set) var meters: [Metered]
  /// What the security log is to be told beside the session itself.
  public internal(set) var notices: [SecurityEvent] = []
  var lease: Lease

  init(client: ClientAddress, ip: String, tier: TierPolicy, lease: consuming Lease, budget: Budget?, meters: [Metered]) {
    self.client = client
    self.ip = ip
    self.tier = tier
    self.lease = lease
    self.budget = budget
    self.meters = meters
  }

  /// Sessions that the address had when this one was admitted, itself included.
  public var sessions: Int { lease.sessions }

  /// The longest that the session may last, by its tier; nil for as long as its route allows.
  public var sessionLength: Duration? { tier.sessionLength }

  /// What is left, as header fields.
  public var headers: [(name: String, value: String)] { budget?.headers ?? [] }

  /// The place in every count alone, for a session that keeps nothing else of this.
  public consuming func takeLease() -> Lease { lease }

  /// Gives the place back now.
  ///
  /// - Returns: how many sessions the address still has.
  @discardableResult
  public consuming func release() -> Int { lease.release() }
}
