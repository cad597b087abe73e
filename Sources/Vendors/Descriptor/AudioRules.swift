import Configuration

/// How audio travels and what it may be.
public struct AudioRules: Sendable, Equatable {
  /// The ways that a direction's audio may take; the first is the usual one.
  public var clientChoices: [AudioCarriage.Choice] = []
  public var serverChoices: [AudioCarriage.Choice] = []
  public var format = FormatRules()
  public var allowed = AllowedFormats()
  public var limits = AudioLimits()

  public init() {}

  /// The usual way of the client's audio; nil where it sends none.
  public var client: AudioCarriage? {
    get { clientChoices.first?.carriage }
    set { clientChoices = newValue.map { [AudioCarriage.Choice($0)] } ?? [] }
  }

  /// The usual way of the vendor's audio; nil where it sends none.
  public var server: AudioCarriage? {
    get { serverChoices.first?.carriage }
    set { serverChoices = newValue.map { [AudioCarriage.Choice($0)] } ?? [] }
  }
}

extension AudioRules: Section {
  public static let section = SectionDescription<AudioRules>(
    "VendorAudio", "How audio travels and what it may be.",
    fields: [
      Field(
        "client", \.clientChoices, AudioCarriage.choices,
        "Audio of the client: `binary`, or base64 at a `path` of messages that `match`; a list where there are several ways."),
      Field("server", \.serverChoices, AudioCarriage.choices, "Audio of the vendor."),
      Field("format", \.format, .section, "Where its format is declared."),
      Field("allowed", \.allowed, .section, "Which formats the vendor takes and gives."),
      Field("limits", \.limits, .section, "What pieces audio may come in."),
    ])
}
