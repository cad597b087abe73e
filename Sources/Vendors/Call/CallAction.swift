/// What a call wants done.
public enum CallAction: Sendable, Equatable {
  case text(String)
  case binary([UInt8])
  /// Show it; nothing to send.
  case note(CallEvent)
  /// Send a close frame with this code; nothing comes after it.
  case finish(code: Int)
}
