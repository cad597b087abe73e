import Logging

/// The one log record of a session, written when it has ended or was refused: who, where, how it went, and how much.
///
/// There is no member for a payload, a token or a key, and none may be added.
public struct SessionRecord: Sendable, Equatable {
  /// Which end of a session, or the gateway itself.
  public enum Side: String, Sendable, CaseIterable {
    case downstream, upstream, gateway
  }

  /// How a session went.
  public enum Outcome: String, Sendable, CaseIterable {
    /// Opened, and ended with a Close.
    case closed
    /// Opened, and a leg was lost without a Close.
    case lost
    /// Opened, and ended by the gateway for a broken rule of the protocol; messages too big are one.
    case violated
    /// Never opened.
    case refused
  }

  /// What came from one end.
  public struct Traffic: Sendable, Equatable {
    public var messages: UInt64
    /// Frame headers included.
    public var bytes: UInt64
    /// Of audio, in nanoseconds, as far as its length is known; nil where none was looked for.
    public var audio: Int64?

    public init(messages: UInt64 = 0, bytes: UInt64 = 0, audio: Int64? = nil) {
      self.messages = messages
      self.bytes = bytes
      self.audio = audio
    }
  }

  public var session: String
  public var route: String
  public var upstream: String?
  public var subject: String?
  /// The client's address in the form allowed in logs.
  public var ip: String
  public var outcome: Outcome
  public var closedBy: Side
  /// A stable name: the refusal's type, the violated rule, or `closed`.
  public var cause: String
  /// Of the Close frame, if there was one.
  public var code: UInt16?
  /// The gateway's own, or one that passed through it; cut and cleaned when written.
  public var reason = ""
  public var downstream = Traffic()
  public var vendor = Traffic()
  /// Milliseconds to connect, secure and upgrade the upstream.
  public var dial: Int64?
  /// Milliseconds from the client's head to its 101.
  public var ready: Int64?
  /// Milliseconds from the 101 to the upstream's first message.
  public var firstMessage: Int64?
  /// Milliseconds from the upstream's 101 until it said that it was ready.
  public var vendorReady: Int64?
  /// Milliseconds from the client's first audio, or message where it sent none, to the first words of it that the vendor heard.
  public var firstTranscript: Int64?
  /// Milliseconds from the same to the vendor's first audio.
  public var firstAudio: Int64?
  /// Turns that the vendor has ended; nil where it marks none.
  public var turns: UInt64?
  /// What the vendor bills, by unit.
  public var usage: [String: Double] = [:]
  /// Failures that the vendor has reported in messages.
  public var vendorErrors: UInt64 = 0
  /// Times that another session with the vendor has taken over.
  public var handovers: UInt64 = 0
  /// Milliseconds from the 101 to the end.
  public var duration: Int64 = 0
  /// W3C trace id, the client's or one that the gateway made.
  public var trace: TraceID?
  /// What the client calls its trace, where that is no id.
  public var traceAlias: String?

  public init(
    session: String, route: String, upstream: String? = nil, subject: String? = nil, ip: String, outcome: Outcome, closedBy: Side,
    cause: String
  ) {
    self.session = session
    self.route = route
    self.upstream = upstream
    self.subject = subject
    self.ip = ip
    self.outcome = outcome
    self.closedBy = closedBy
    self.cause = cause
  }

  /// What is written; members that are nil are left out.
  public var fields: Logger.Metadata {
    var fields: Logger.Metadata = [
      "event": "session", "session": .string(session), "route": .string(route), "ip": .string(ip),
      "outcome": .string(outcome.rawValue), "closed_by": .string(closedBy.rawValue), "cause": .string(LogText.clean(cause, limit: 64)),
      "messages_up": .stringConvertible(downstream.messages), "bytes_up": .stringConvertible(downstream.bytes),
      "messages_down": .stringConvertible(vendor.messages), "bytes_down": .stringConvertible(vendor.bytes),
      "duration_ms": .stringConvertible(duration),
    ]
    fields["upstream"] = upstream.map { .string($0) }
    fields["subject"] = subject.map { .string(LogText.clean($0, limit: 128)) }
    fields["code"] = code.map { .stringConvertible($0) }
    // 123 bytes is what a Close frame has room for (RFC 6455 section 5.5).
    if !reason.isEmpty { fields["reason"] = .string(LogText.clean(reason, limit: 123)) }
    fields["audio_ms_up"] = downstream.audio.map { .stringConvertible($0 / 1_000_000) }
    fields["audio_ms_down"] = vendor.audio.map { .stringConvertible($0 / 1_000_000) }
    fields["dial_ms"] = dial.map { .stringConvertible($0) }
    fields["ready_ms"] = ready.map { .stringConvertible($0) }
    fields["first_message_ms"] = firstMessage.map { .stringConvertible($0) }
    fields["vendor_ready_ms"] = vendorReady.map { .stringConvertible($0) }
    fields["first_transcript_ms"] = firstTranscript.map { .stringConvertible($0) }
    fields["first_audio_ms"] = firstAudio.map { .stringConvertible($0) }
    fields["turns"] = turns.map { .stringConvertible($0) }
    for (unit, amount) in usage { fields["usage_\(unit)"] = Self.amount(amount) }
    if vendorErrors > 0 { fields["vendor_errors"] = .stringConvertible(vendorErrors) }
    if handovers > 0 { fields["handovers"] = .stringConvertible(handovers) }
    fields["trace"] = trace.map { .string($0.description) }
    fields["trace_alias"] = traceAlias.map { .string(LogText.clean($0, limit: 64)) }
    return fields
  }

  /// To three decimals, and a whole number without any.
  private static func amount(_ amount: Double) -> Logger.MetadataValue {
    let rounded = (min(amount, 1e12) * 1000).rounded() / 1000
    return Int64(exactly: rounded).map { .stringConvertible($0) } ?? .stringConvertible(rounded)
  }

  public func log(to logger: Logger) {
    logger.info("session", metadata: fields)
  }
}
