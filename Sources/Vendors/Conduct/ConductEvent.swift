/// What a session's messages, or its clocks, have brought. Spans are milliseconds.
public enum ConductEvent: Sendable, Equatable {
  /// The vendor is ready; since its 101.
  case ready(after: Int64)
  /// The vendor was not ready in time.
  case unready
  /// The first words of the client that the vendor has heard; since the client's first audio, or message where it sends none.
  case firstTranscript(after: Int64)
  /// The first audio of the vendor; since the same.
  case firstAudio(after: Int64)
  /// A turn has begun: the vendor has heard something, or says something.
  case turnBegan
  /// The vendor has ended a turn.
  case turnEnded
  /// The first audio of an answer; since the end of what it answers.
  case answered(after: Int64)
  /// What is billed has grown. Times are in seconds.
  case usage(UsageUnit, Double)
  case failure(VendorFailure)
  /// The client has sent no audio for too long.
  case audioIdle
  /// The vendor is to be sent this.
  case say([UInt8], SayReason)
  /// The vendor has said its last.
  case parted
  /// What the client has said is understood. This and the next three only where another session may take up this one.
  case understood
  /// The message that says it is not for the client.
  case hushed
  /// The vendor says that it will close.
  case leaving
  /// By this text another session can go on where this one ends.
  case keepsake([UInt8])
  /// A message of the client's may not go on; what it calls itself.
  case refused(String?)
  /// The deadline may be sooner than it was.
  case clock
}

/// Why the gateway speaks to a vendor by itself.
public enum SayReason: String, Sendable, CaseIterable {
  case keepalive, reply
}

/// What usage is counted in.
public enum UsageUnit: String, Sendable, CaseIterable {
  case tokens, seconds, characters

  /// The unit of a report, and how many of its own make one.
  static func of(_ unit: UsageRules.Unit) -> (unit: UsageUnit, divisor: Double) {
    switch unit {
    case .tokens: (.tokens, 1)
    case .seconds: (.seconds, 1)
    case .milliseconds: (.seconds, 1000)
    case .characters: (.characters, 1)
    }
  }
}

/// A failure that a vendor has reported in a message.
public struct VendorFailure: Sendable, Equatable {
  /// Nil where the descriptor does not say.
  public var kind: ErrorRules.Class?
  public var isFatal: Bool
  /// The vendor's own name for it, as far as it is a plain word.
  public var code: String?

  public init(kind: ErrorRules.Class?, isFatal: Bool, code: String? = nil) {
    (self.kind, self.isFatal, self.code) = (kind, isFatal, code)
  }
}
