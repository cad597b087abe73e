import Configuration

/// Where a vendor says what is billed.
public struct UsageRules: Sendable, Equatable {
  public enum Unit: String, Sendable, CaseIterable {
    case tokens, seconds, milliseconds, characters
  }

  /// What repeated reports make together.
  public enum Mode: String, Sendable, CaseIterable {
    case sum, last, max
  }

  public struct Report: Sendable, Equatable {
    public var match: MessageMatch?
    public var path: JSONPath?
    public var unit = Unit.tokens
    public var mode = Mode.sum
    /// Further numbers of the same message, by name.
    public var dimensions: [String: JSONPath] = [:]

    public init() {}
  }

  /// What the gateway counts itself where the vendor reports nothing.
  public enum Fallback: String, Sendable, CaseIterable {
    case audioSeconds = "audio_seconds"
    case characters
  }

  public var reports: [Report] = []
  public var fallback: Fallback?

  public init() {}
}

extension UsageRules: Section {
  public static let section = SectionDescription<UsageRules>(
    "VendorUsage", "Where the vendor says what is billed.",
    fields: [
      Field("reports", \.reports, .list(of: .section, noun: "usage report"), "Messages that say it."),
      Field("fallback", \.fallback, .choice, "What the gateway counts where none does."),
    ])
}

extension UsageRules.Report: Section {
  public static let section = SectionDescription<UsageRules.Report>(
    "VendorUsageReport", "A message that says what is billed.",
    fields: [
      Field("match", \.match, ValueTypes.match, required: true, "Which messages."),
      Field("path", \.path, ValueTypes.path, required: true, "Where the number stands."),
      Field("unit", \.unit, .choice, required: true, "What it counts."),
      Field("mode", \.mode, .choice, required: true, "Whether reports add up, replace each other, or the greatest counts."),
      Field("dimensions", \.dimensions, .map(of: ValueTypes.path), "Further numbers of the message, by name."),
    ])
}
