/// What is logged, and how.
public struct LogSettings: Section, Equatable {
  public enum Format: String, CaseIterable, Sendable { case json, text }

  public enum Level: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }

  public enum Addresses: String, CaseIterable, Sendable { case masked, full }

  /// Nil: text on a terminal, JSON elsewhere.
  public var format: Format?
  public var level = Level.info
  public var addresses = Addresses.masked

  public init() {}

  public static let section = SectionDescription<LogSettings>(
    "Logging", "What is logged, and how. Never a key, a token or a payload, whatever is set here.",
    fields: [
      Field(
        "format", \.format, .choice,
        "One JSON object or one line of text per record. Text on a terminal and JSON elsewhere, unless given."),
      Field("level", \.level, .choice, "The least that is logged. Session records and security events are `info` and `warning`."),
      Field("addresses", \.addresses, .choice, "`masked` logs `192.168.1.xxx`. Full addresses are personal data in many places."),
    ])
}
