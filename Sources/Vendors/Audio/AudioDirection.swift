/// A direction of audio.
public enum AudioDirection: String, Sendable, CaseIterable {
  case input, output
}
