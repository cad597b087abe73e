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
  private let logLoop: any EventLoop
  private let current: Mutex<Snapshot>
  private let sessions = Atomic<UInt64>(1)
  /// Sessions opened and open when the heap was last trimmed.
  private let trimmed = Mutex<(opened: UInt64, open: Int)>((1, 0))

  init(
    snapshot: Snapshot, admission: Admission, metrics: GatewayMetrics, reactors: [Reactor], callers: CallerServices, logger: Logger,
    logLoop: any EventLoop
  ) {
    current = Mutex(snapshot)
    self.admission = admission
    self.metrics = metrics
    self.reactors = reactors
    self.callers = callers
    self.logger = logger
    self.logLoop = logLoop
  }

  /// The configuration in force. Take it once per connection: it may be replaced at any time.
  var snapshot: Snapshot { current.withLock { $0 } }

  /// Writes to the log from a thread that must not wait for it.
  func log(_ write: @escaping @Sendable (Logger) -> Void) {
    logLoop.execute { [logger] in write(logger) }
  }

  /// A number for the next session, and the reactor that relays it.
  func nextSession() -> (id: UInt64, reactor: Reactor) {
    let id = sessions.wrappingAdd(1, ordering: .relaxed).oldValue
    return (id, reactors[Int(id % UInt64(reactors.count))])
  }

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

  /// A client's address as the log may show it.
  func logged(_ address: ClientAddress) -> String {
    address.logged(masked: snapshot.configuration.logging.addresses == .masked)
  }
}

extension Moment {
  static var now: Moment {
    Moment(monotonic: NIODeadline.now().uptimeNanoseconds, unixSeconds: Timestamp.now().milliseconds / 1_000)
  }
}
