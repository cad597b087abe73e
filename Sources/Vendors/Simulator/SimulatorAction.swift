/// What a simulated session wants done on its socket.
public enum SimulatorAction: Sendable, Equatable {
  case text(String)
  case binary([UInt8])
  /// Send a close frame; nothing comes after it.
  case close(code: Int, reason: String)
}
