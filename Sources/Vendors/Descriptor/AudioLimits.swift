import Configuration

/// What pieces audio may come in.
public struct AudioLimits: Sendable, Equatable {
  public var minChunk: Duration?
  public var maxChunk: Duration?
  /// Bytes of decoded audio in one message.
  public var maxChunkBytes: Int?
  /// How much faster than real time audio may come, over a window.
  public var realtimeFactor: Double?

  public init() {}
}

extension AudioLimits: Section {
  public static let section = SectionDescription<AudioLimits>(
    "VendorAudioLimits", "What pieces audio may come in.",
    fields: [
      Field("min_chunk", \.minChunk, .duration, "Shortest audio of one message."),
      Field("max_chunk", \.maxChunk, .duration, "Longest audio of one message."),
      Field("max_chunk_bytes", \.maxChunkBytes, .size, "Largest audio of one message, before base64."),
      Field("realtime_factor", \.realtimeFactor, .number(1...1000), "How much faster than real time audio may come."),
    ])
}
