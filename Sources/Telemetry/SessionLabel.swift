import Logging

/// What every log line about one opening, and the session that comes of it, has in common.
public struct SessionLabel: Sendable, Equatable {
  /// The gateway's own id, which the client is told.
  public let session: String
  /// Nil before there is a request to tell it.
  public let trace: TraceID?
  /// What the client calls its trace, where that is no id: cleaned and cut.
  public let alias: String?

  /// - Parameter alias: as the client wrote it.
  public init(session: String, trace: TraceID? = nil, alias: String? = nil) {
    self.session = session
    self.trace = trace
    self.alias = alias.flatMap { $0.isEmpty ? nil : LogText.clean($0, limit: 64) }
  }

  public var fields: Logger.Metadata {
    var fields: Logger.Metadata = ["session": .string(session)]
    fields["trace"] = trace.map { .string($0.description) }
    fields["trace_alias"] = alias.map { .string($0) }
    return fields
  }
}
