import Logging

/// swift-log's records as one line each: a JSON object, or text for a person.
///
/// A record is `{"time":...,"level":...,"event":...,"message":...}` and its metadata. The `event` key of the metadata comes first, and
/// then the message is left out if it says the same.
public struct JSONLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let format: LogFormat
  private let sink: LogSink
  private let lost: Counter
  private let clock: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - label: the logger's name; `voxgate` is not written, as it would be on every line.
  ///   - lost: counts the lines that the sink did not take.
  public init(
    label: String = "voxgate", format: LogFormat, level: Logger.Level = .info, sink: LogSink = .standardError, lost: Counter = Counter(),
    clock: @escaping @Sendable () -> Timestamp = { .now() }
  ) {
    self.label = label
    self.format = format
    self.sink = sink
    self.lost = lost
    self.clock = clock
    logLevel = level
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let own = event.metadata { fields.merge(own) { $1 } }
    if let error = event.error, fields["error"] == nil { fields["error"] = .string("\(error)") }
    if label != "voxgate" && fields["logger"] == nil { fields["logger"] = .string(label) }
    let line = LogLine(time: clock(), level: event.level, message: "\(event.message)", fields: fields)
    if !sink(line.bytes(format)) { lost.add() }
  }
}
