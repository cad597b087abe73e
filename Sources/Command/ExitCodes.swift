import ArgumentParser

extension ExitCode {
  /// sysexits(3) EX_UNAVAILABLE: what was asked for could not be reached.
  static let unavailable = ExitCode(69)
  /// sysexits(3) EX_CONFIG: the configuration is wrong.
  static let configuration = ExitCode(78)
}
