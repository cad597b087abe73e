import WebSocket

/// The terms of a route: one copy for all its sessions.
public final class SharedTerms: Sendable {
  public let terms: RelayTerms

  public init(_ terms: RelayTerms) {
    self.terms = terms
  }
}

/// The rules of one relayed session, as plain values. Times in milliseconds, sizes in bytes.
public struct RelayTerms: Sendable {
  /// Who answers a ping.
  public enum Pings: Sendable {
    /// The gateway, on the leg it came on.
    case answer
    /// The other end: pings and pongs pass through.
    case relay
  }

  /// The clocks and the buffer of one leg; a clock that is nil is off.
  public struct LegTerms: Sendable {
    /// No data frame arrives for this long: the session ends.
    public var idle: Int64?
    /// A ping is sent when nothing arrived for this long.
    public var pingInterval: Int64?
    /// A ping stays unanswered (by anything at all) for this long: the leg counts as lost.
    public var pingTimeout: Int64?
    /// Bytes that may wait for this leg; from there on the other one is not read. One read more can be on its way.
    public var buffer: Int

    public init(idle: Int64? = nil, pingInterval: Int64? = nil, pingTimeout: Int64? = nil, buffer: Int = 64 << 10) {
      self.idle = idle
      self.pingInterval = pingInterval
      self.pingTimeout = pingTimeout
      self.buffer = buffer
    }
  }

  public var maximumFrame: UInt64
  /// Where the gateway inflates, of the inflated message.
  public var maximumMessage: UInt64
  /// What compressed messages may become.
  public var inflation: DeflateLimits
  public var pings: Pings
  public var downstream: LegTerms
  public var upstream: LegTerms
  /// Longest life of the session.
  public var sessionMaximum: Int64?
  /// From the first Close frame until both legs must have ended their closing handshake; a leg that still drains gets ten times as long.
  public var closeTimeout: Int64
  /// How long an ended leg waits for its peer's FIN, so that a reset does not eat what was just sent.
  public var linger: Int64

  public init(
    maximumFrame: UInt64 = 16 << 20, maximumMessage: UInt64 = 16 << 20, maximumRatio: Int = 100, pings: Pings = .answer,
    downstream: LegTerms = LegTerms(), upstream: LegTerms = LegTerms(), sessionMaximum: Int64? = nil, closeTimeout: Int64 = 5_000,
    linger: Int64 = 2_000
  ) {
    self.maximumFrame = maximumFrame
    self.maximumMessage = maximumMessage
    inflation = DeflateLimits(maximumMessage: Int(clamping: maximumMessage), maximumRatio: maximumRatio)
    self.pings = pings
    self.downstream = downstream
    self.upstream = upstream
    self.sessionMaximum = sessionMaximum
    self.closeTimeout = closeTimeout
    self.linger = linger
  }
}
