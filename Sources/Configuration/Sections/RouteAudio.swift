/// Checks of the audio itself.
public struct RouteAudio: Section, Equatable {
  public enum Policy: String, CaseIterable, Sendable { case reject, warn, off }

  public var policy = Policy.off
  public var encoding: String?
  public var sampleRate: Int?
  public var channels: Int?
  public var maxRealtimeFactor: Double?

  public init() {}

  public static let section = SectionDescription<RouteAudio>(
    "Audio", "Checks of the audio itself, from the format that the session declares.",
    fields: [
      Field(
        "policy", \.policy, .choice,
        "What happens to audio that breaks a rule: an event and close 1007 or 1008, a line in the log, or nothing."),
      Field("encoding", \.encoding, .text, "Encoding where the session declares none, such as `linear16` or `mulaw`."),
      Field("sample_rate", \.sampleRate, .integer(4_000...192_000), "Samples per second where the session declares none."),
      Field("channels", \.channels, .integer(1...32), "Channels where the session declares none."),
      Field(
        "max_realtime_factor", \.maxRealtimeFactor, .number(1...100),
        "How much faster than real time audio may come, over ten seconds."),
    ])
}
