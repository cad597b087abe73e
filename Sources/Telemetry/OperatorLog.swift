import Logging
import Synchronization

/// The gateway's log with what an operator wants of it while it runs: another level without a restart, and the last security events.
///
/// Events are remembered whatever the level, so that `warning` hides them from the log but not from the operator.
public struct OperatorLog: LogHandler {
  /// The least that is written, for every copy of the logger.
  public final class Level: Sendable {
    private let value: Mutex<Logger.Level>

    public init(_ level: Logger.Level) { value = Mutex(level) }

    public var current: Logger.Level {
      get { value.withLock { $0 } }
      set { value.withLock { $0 = newValue } }
    }
  }

  private var inner: any LogHandler
  private let events: RecentEvents
  private let level: Level
  private let clock: @Sendable () -> Timestamp

  /// - Parameter inner: writes whatever it is given; its own level is not asked.
  public init(_ inner: any LogHandler, level: Level, events: RecentEvents, clock: @escaping @Sendable () -> Timestamp = { .now() }) {
    self.inner = inner
    self.level = level
    self.events = events
    self.clock = clock
  }

  /// Setting it sets it for all.
  public var logLevel: Logger.Level {
    get { min(level.current, .info) }
    set { level.current = newValue }
  }

  public var metadata: Logger.Metadata {
    get { inner.metadata }
    set { inner.metadata = newValue }
  }

  public var metadataProvider: Logger.MetadataProvider? {
    get { inner.metadataProvider }
    set { inner.metadataProvider = newValue }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { inner[metadataKey: key] }
    set { inner[metadataKey: key] = newValue }
  }

  public func log(event: LogEvent) {
    if let fields = event.metadata, case .string(let name)? = fields["event"], SecurityEvent.isName(name) {
      events.add(RecentEvents.Entry(time: clock(), level: event.level, fields: fields))
    }
    if event.level >= level.current { inner.log(event: event) }
  }
}
