/// How a log record is written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// One JSON object a line.
  case json
  /// One line for a person to read.
  case text

  /// Text where a person is looking, JSON where a program is.
  public static func automatic(_ sink: LogSink) -> LogFormat { sink.isTerminal ? .text : .json }
}
