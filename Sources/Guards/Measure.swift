/// What a ``Meter`` counts inside sessions, and in which unit.
public enum Measure: String, Sendable, CaseIterable {
  /// Messages from the client.
  case messages
  /// Bytes from the client, after inflation.
  case bytes
  /// Milliseconds of audio from the client.
  case audio
  /// What the vendor counts: tokens, characters.
  case usage

  /// What a client is told that has used up a limit.
  public var exceeded: String {
    switch self {
    case .messages: "Too many messages"
    case .bytes: "Too many bytes"
    case .audio: "Audio limit reached"
    case .usage: "Usage limit reached"
    }
  }
}
