/// What can be wrong with audio. The raw values are stable names, for events, logs and metrics.
public enum AudioRule: String, Sendable, CaseIterable {
  /// A message is not the JSON that its vendor's are.
  case malformedJSON = "malformed_json"
  /// A message is not in the binary framing that its vendor's are in.
  case malformedFrame = "malformed_frame"
  /// The audio of a message is not base64 (RFC 4648 section 4, with padding).
  case malformedBase64 = "malformed_base64"
  /// Raw audio ends in the middle of a sample.
  case partialSample = "partial_sample"
  /// The stream does not begin as its container does.
  case missingContainer = "missing_container"
  /// A raw stream begins as a container does.
  case unexpectedContainer = "unexpected_container"
  /// The vendor does not take the declared encoding, rate or channel count.
  case formatNotAllowed = "format_not_allowed"
  /// One message holds less than the vendor's shortest piece of audio.
  case chunkTooShort = "chunk_too_short"
  /// One message holds more than the vendor's longest piece of audio.
  case chunkTooLong = "chunk_too_long"
  /// One message holds more bytes of audio than the vendor takes.
  case chunkTooLarge = "chunk_too_large"
  /// Audio comes faster than real time allows.
  case tooFast = "too_fast"

  /// RFC 6455 section 7.4.1: 1007 for data that is not what it should be, 1008 for data that breaks a policy.
  public var closeCode: UInt16 {
    switch self {
    case .malformedJSON, .malformedFrame, .malformedBase64, .partialSample, .missingContainer, .unexpectedContainer: 1007
    case .formatNotAllowed, .chunkTooShort, .chunkTooLong, .chunkTooLarge, .tooFast: 1008
    }
  }
}
