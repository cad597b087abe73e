/// How a call ended.
public enum CallOutcome: Sendable, Equatable {
  case completed
  /// In words, for people.
  case failed(String)
}
