/// What the frames of one direction hold. The opcode does not tell: some vendors send JSON in binary frames.
public enum MessageCodec: String, Sendable, CaseIterable {
  case jsonText = "json_text"
  case jsonAnyOpcode = "json_any_opcode"
  case plainText = "plain_text"
  case binaryAudio = "binary_audio"
  case jsonTextAndBinaryAudio = "json_text+binary_audio"
  case plainTextAndBinaryAudio = "plain_text+binary_audio"
  case messagePack = "msgpack"
  case protobuf
  case eventStream = "eventstream"
  /// Volcengine's four-byte header.
  case volc
  /// Azure Speech's header lines.
  case usp

  /// Whether text frames are JSON.
  public var hasJSONText: Bool { self == .jsonText || self == .jsonTextAndBinaryAudio || self == .jsonAnyOpcode }

  /// Whether binary frames are audio and nothing else.
  public var hasBinaryAudio: Bool { self == .binaryAudio || self == .jsonTextAndBinaryAudio || self == .plainTextAndBinaryAudio }
}
