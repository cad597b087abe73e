import Configuration
import Logging
import Relay
import Synchronization
import UnixSignals

/// Takes a gateway out of service: readiness first, then no more sessions, then those that are open end between two turns or when the grace
/// is over, and whatever is left after that is cut.
struct Shutdown: Sendable {
  /// Closing handshakes that the last of the closes may still be in.
  private static let closing = Duration.seconds(6)

  let core: GatewayCore
  let listeners: Listeners
  let notifier: ServiceNotifier

  /// The longest that it takes.
  static func limit(_ drain: Drain) -> Duration { drain.delay + drain.grace + drain.spread + closing }

  /// - Parameter signals: the next of them ends everything at once.
  func run(_ signals: UnixSignalsSequence) async {
    let drain = core.snapshot.configuration.drain
    let isUrgent = Urgency()
    let listening = Task {
      for await signal in signals {
        core.logger.notice("stopping at once", metadata: ["signal": "\(signal)"])
        isUrgent.raise()
      }
    }
    defer { listening.cancel() }
    core.metrics.draining().set(1)
    core.leave()
    notifier.stopping(within: Self.limit(drain))
    core.logger.notice(
      "draining",
      metadata: ["sessions": .stringConvertible(core.admission.connections.total), "limit": "\(Units.text(Self.limit(drain)))"])
    // Load balancers have to see that this instance is not ready before it refuses anybody.
    await wait(drain.delay, isUrgent) { false }
    core.admission.drain()
    core.logger.notice("refusing sessions", metadata: ["sessions": .stringConvertible(core.admission.connections.total)])
    await close(drain, isUrgent)
    await listeners.close()
    core.logger.notice("stopped", metadata: ["sessions": .stringConvertible(core.admission.connections.total)])
  }

  private func close(_ drain: Drain, _ isUrgent: Urgency) async {
    let end = SessionEnd(drain.code)
    let spread = drain.spread.milliseconds
    for reactor in core.reactors {
      reactor.closeAll(end, after: drain.grace.milliseconds, over: spread, idle: drain.idle.value?.milliseconds)
    }
    await wait(drain.grace + drain.spread + Self.closing, isUrgent) { core.admission.connections.total == 0 }
    guard isUrgent.isRaised, core.admission.connections.total > 0 else { return }
    for reactor in core.reactors { reactor.closeAll(end, after: 0, over: 0) }
    await wait(.seconds(1), nil) { core.admission.connections.total == 0 }
  }

  /// Until it is over or urgent, `time` at most.
  private func wait(_ time: Duration, _ isUrgent: Urgency?, until isOver: () -> Bool) async {
    let deadline = ContinuousClock.now + time
    while !isOver(), isUrgent?.isRaised != true, ContinuousClock.now < deadline {
      try? await Task.sleep(for: min(.milliseconds(50), deadline - .now))
    }
  }

  private final class Urgency: Sendable {
    private let raised = Atomic(false)
    var isRaised: Bool { raised.load(ordering: .relaxed) }
    func raise() { raised.store(true, ordering: .relaxed) }
  }
}

extension SessionEnd {
  /// As whoever comes now is told.
  private static let retry = "Shutting down, try again"

  /// What clients are told when the instance that they are on goes away: both codes say that there will be another.
  init(_ code: Drain.Code) {
    switch code {
    case .goingAway: self.init(name: "shutdown", code: .goingAway, reason: Self.retry)
    case .serviceRestart: self.init(name: "shutdown", code: .serviceRestart, reason: Self.retry)
    }
  }
}
