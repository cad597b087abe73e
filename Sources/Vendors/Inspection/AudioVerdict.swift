/// What becomes of a message whose audio has been looked at.
public enum AudioVerdict: Sendable, Equatable {
  case pass
  /// It goes on, and the log says why it should not. Each rule is reported once in a session.
  case warn(AudioViolation)
  /// It must not go on: the client is told, and the session ends with the rule's close code.
  case reject(AudioViolation)
}
