import CLinux
import Configuration
import Guards
import Logging
import NIOCore
import Relay
import Synchronization
import Telemetry

/// What every connection shares: the configuration in force, the guards' counts, the reactors, metrics and log.
final class GatewayCore: Sendable {
  let admission: Admission
  let metrics: GatewayMetrics
  let logger: Logger
  let reactors: [Reactor]
  let callers: CallerServices
  /// Sessions that are open.
  let registry = SessionRegistry()
  /// Security events of late.
  let events: RecentEvents
  let capacity: Capacity
  /// The least that is logged.
  private let level: OperatorLog.Level
  private let leaving = Atomic(false)
  private let reloading = Mutex<Reloader?>(nil)
  private let logLoop: any EventLoop
  private let current: Mutex<Snapshot>
  private let sessions = Atomic<UInt64>(1)
  /// Sessions opened and open when the heap was last trimmed.
  private let trimmed = Mutex<(opened: UInt64, open: Int)>((1, 0))

  init(
    snapshot: Snapshot, capacity: Capacity, admission: Admission, metrics: GatewayMetrics, reactors: [Reactor], callers: CallerServices,
    events: RecentEvents, logger: Logger, level: OperatorLog.Level, logLoop: any EventLoop
  ) {
    current = Mutex(snapshot)
    self.admission = admission
    self.metrics = metrics
    self.reactors = reactors
    self.callers = callers
    self.events = events
    self.capacity = capacity
    self.level = level
    self.logger = logger
    self.logLoop = logLoop
  }

  /// The configuration in force. Take it once per connection: it may be replaced at any time.
  var snapshot: Snapshot { current.withLock { $0 } }

  /// Puts a configuration in force for whoever comes next.
  func publish(_ snapshot: Snapshot, environment: [String: String]) {
    let configuration = snapshot.configuration
    callers.upstreams.adopt(snapshot.secrets, environment: environment)
    callers.fetch.allowPlain(configuration.plainEndpoints.union(snapshot.plainEndpoints))
    admission.handshakes.limit(to: capacity.handshakes(configuration.handshakes))
    admission.connections.limit(to: capacity.sessions(beside: admission.handshakes.limits))
    admission.switches.turn(configuration.enabled.isOn(environment: environment), by: .environment)
    level.current = Logger.Level(configuration.logging.level)
    current.withLock { $0 = snapshot }
  }

  /// Whether this instance is on its way out: it is not ready, though it may still take sessions.
  var isLeaving: Bool { leaving.load(ordering: .relaxed) }

  func leave() { leaving.store(true, ordering: .relaxed) }

  /// What reads the configuration again; nil where it did not come from a file.
  var reloader: Reloader? {
    get { reloading.withLock { $0 } }
    set { reloading.withLock { $0 = newValue } }
  }

  /// Writes to the log from a thread that must not wait for it.
  func log(_ write: @escaping @Sendable (Logger) -> Void) {
    logLoop.execute { [logger] in write(logger) }
  }

  /// A number for the next session, and the reactor that relays it.
  func nextSession() -> (id: UInt64, reactor: Reactor) {
    let id = sessions.wrappingAdd(1, ordering: .relaxed).oldValue
    return (id, reactor(of: id))
  }

  func reactor(of session: UInt64) -> Reactor { reactors[Int(session % UInt64(reactors.count))] }

  /// Gives the system back what openings and endings have left on the heap; does nothing when there were none since the last time.
  ///
  /// The control path takes some twenty kilobytes for an opening and frees them again, between what its session keeps.
  func trimHeap() {
    let now = (opened: sessions.load(ordering: .relaxed), open: admission.connections.total)
    let isNews = trimmed.withLock { last in
      defer { last = now }
      return last != now
    }
    if isNews { clinux_trim_heap() }
  }

  /// The metrics page. How much is remembered is asked only when somebody wants to know.
  func exposeMetrics() -> String {
    let tables = [("rates", admission.rates.count), ("meters", admission.meters.count), ("session_tokens", callers.sessionTokens.count)]
    for (table, count) in tables { metrics.storeEntries(table).set(Int64(count)) }
    return metrics.expose()
  }

  /// A client's address as the log may show it.
  func logged(_ address: ClientAddress) -> String {
    address.logged(masked: snapshot.configuration.logging.addresses == .masked)
  }
}

extension Logger.Level {
  init(_ level: LogSettings.Level) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}

extension Moment {
  static var now: Moment {
    Moment(monotonic: NIODeadline.now().uptimeNanoseconds, unixSeconds: Timestamp.now().milliseconds / 1_000)
  }
}
