/// A session that may be: who it is, and its place in every count. Dropping it gives the place back.
public struct Admitted: ~Copyable, Sendable {
  public let client: ClientAddress
  /// The client's address in the form allowed in logs.
  public let ip: String
  /// Who is calling, once and if that is known.
  public internal(set) var caller: Caller?
  /// The tightest limit on openings, for the headers of the 101; nil when there is none.
  public internal(set) var budget: Budget?
  var lease: Lease

  init(client: ClientAddress, ip: String, lease: consuming Lease, budget: Budget?) {
    self.client = client
    self.ip = ip
    self.lease = lease
    self.budget = budget
  }

  /// Sessions that the address had when this one was admitted, itself included.
  public var sessions: Int { lease.sessions }

  /// What is left, as header fields.
  public var headers: [(name: String, value: String)] { budget?.headers ?? [] }

  /// Gives the place back now.
  ///
  /// - Returns: how many sessions the address still has.
  @discardableResult
  public consuming func release() -> Int { lease.release() }
}
