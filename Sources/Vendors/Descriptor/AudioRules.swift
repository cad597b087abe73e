import Configuration

/// How audio travels and what it may be (D10-D13).
public struct AudioRules: Sendable, Equatable {
  public var client: AudioCarriage?
  public var server: AudioCarriage?
  public var format = FormatRules()
  public var allowed = AllowedFormats()
  public var limits = AudioLimits()

  public init() {}
}

extension AudioRules: Section {
  public static let section = SectionDescription<AudioRules>(
    "VendorAudio", "How audio travels and what it may be.",
    fields: [
      Field("client", \.client, AudioCarriage.type, "Audio of the client: `binary`, or base64 at a `path` of messages that `match`."),
      Field("server", \.server, AudioCarriage.type, "Audio of the vendor."),
      Field("format", \.format, .section, "Where its format is declared."),
      Field("allowed", \.allowed, .section, "Which formats the vendor takes and gives."),
      Field("limits", \.limits, .section, "What pieces audio may come in."),
    ])
}
