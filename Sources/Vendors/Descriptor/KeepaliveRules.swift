import Configuration

/// What keeps a silent session open.
public struct KeepaliveRules: Sendable, Equatable {
  public struct Reply: Sendable, Equatable {
    public var match: MessageMatch?
    public var send: MessageTemplate?

    public init() {}
  }

  /// What the client sends.
  public var message: MessageTemplate?
  public var every: Duration?
  public var onlyWhenIdle = true
  /// It counts only after audio has come.
  public var needsAudio = false
  /// Pings of the vendor's own, and what answers them.
  public var replies: [Reply] = []
  /// Signs of life of the vendor's that want no answer.
  public var signs: [MessageMatch] = []
  /// WebSocket pings.
  public var ping: Duration?
  public var pingTimeout: Duration?
  /// After how long without audio or keepalive the vendor closes, and with what.
  public var idleTimeout: Duration?
  public var idleClose: CloseFrame?
  /// The query parameter that says how many seconds of nothing the vendor bears.
  public var idleQuery: String?

  public init() {}
}

extension KeepaliveRules: Section {
  public static let section = SectionDescription<KeepaliveRules>(
    "VendorKeepalive", "What keeps a silent session open.",
    fields: [
      Field("message", \.message, ValueTypes.message, "What the client sends; names of `memory` may stand in it."),
      Field("every", \.every, .duration, "How often."),
      Field("only_when_idle", \.onlyWhenIdle, .boolean, "Only while no audio is sent."),
      Field("needs_audio", \.needsAudio, .boolean, "It counts only after some audio has come."),
      Field(
        "replies", \.replies, .list(of: .section, noun: "reply"),
        "What answers the vendor's own pings; `{message.path}` copies a field."),
      Field("signs", \.signs, .list(of: ValueTypes.match), "Signs of life of the vendor's that want no answer."),
      Field("ping", \.ping, .duration, "Interval of WebSocket pings."),
      Field("ping_timeout", \.pingTimeout, .duration, "How long a pong may take."),
      Field("idle_timeout", \.idleTimeout, .duration, "After how long without audio or keepalive the vendor closes."),
      Field("idle_query", \.idleQuery, .text, "The query parameter that sets this, in seconds."),
      Field("idle_close", \.idleClose, .section, "With what it closes then."),
    ])
}

extension KeepaliveRules.Reply: Section {
  public static let section = SectionDescription<KeepaliveRules.Reply>(
    "VendorKeepaliveReply", "An answer to a ping of the vendor's.",
    fields: [
      Field("match", \.match, ValueTypes.match, required: true, "The ping."),
      Field("send", \.send, ValueTypes.message, required: true, "The answer."),
    ])
}
