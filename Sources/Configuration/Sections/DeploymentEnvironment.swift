/// How strict the file is read.
public enum DeploymentEnvironment: String, CaseIterable, Sendable {
  /// What is dangerous is warned of.
  case development
  /// What is dangerous is an error: see `Validation`.
  case production
}
