import Guards
import NIOCore
import Relay
import Synchronization
import Telemetry

/// A session's place in every count, from its admission to its end, and what is written down about it. Settles exactly once.
final class SessionTicket: Sendable {
  private let admitted: Mutex<Admitted?>
  private let core: GatewayCore
  private let service: RouteService
  private let record: SessionRecord
  private let sessions: Int
  private let started: NIODeadline

  /// - Parameter dial: from the client's head to the upstream's 101.
  init(_ admitted: consuming Admitted, core: GatewayCore, session: String, service: RouteService, dial: TimeAmount) {
    self.core = core
    self.service = service
    var record = SessionRecord(
      session: session, route: service.name, upstream: service.upstream.name, subject: admitted.caller?.subject, ip: admitted.ip,
      outcome: .closed, closedBy: .gateway, cause: "")
    record.dial = dial.nanoseconds / 1_000_000
    record.ready = record.dial
    self.record = record
    sessions = admitted.sessions
    started = .now()
    self.admitted = Mutex(admitted)
  }

  /// The 101 is on its way.
  func opened() {
    core.metrics.sessionsOpened(service.name, service.upstream.name).add()
    core.metrics.sessionsOpen(service.name).add()
    if let ready = record.ready { core.metrics.readySeconds(service.name).observe(milliseconds: ready) }
    SecurityEvent.connectionEstablished(ip: record.ip, totalConnections: sessions).log(to: core.logger, session: record.session)
    if let subject = record.subject {
      SecurityEvent.authSuccess(ip: record.ip, userId: subject).log(to: core.logger, session: record.session)
    }
  }

  /// The session is over; the second call and later ones do nothing.
  func ended(_ outcome: SessionOutcome) {
    guard let admitted = admitted.withLock({ $0.take() }) else { return }
    let remaining = admitted.release()
    var record = record
    record.outcome =
      switch outcome.cause {
      case "closed": .closed
      case "lost": .lost
      // Shutdown and the clocks are the gateway's own ends; a rule is broken by one of the two others.
      default: outcome.closedBy == .gateway ? .closed : .violated
      }
    record.closedBy = outcome.closedBy
    record.cause = outcome.cause
    record.code = outcome.code?.rawValue
    record.reason = outcome.reason
    record.downstream = outcome.downstream
    record.vendor = outcome.upstream
    record.firstMessage = outcome.firstUpstreamMessage
    record.duration = outcome.duration

    let metrics = core.metrics
    metrics.sessionsOpen(service.name).subtract()
    metrics.sessionSeconds(service.name).observe(milliseconds: outcome.duration)
    if outcome.cause == "lost" {
      metrics.sessionLosses(service.name, outcome.closedBy.rawValue).add()
    } else {
      metrics.sessionsClosed(service.name, outcome.closedBy.rawValue, CloseGroup.label(outcome.code?.rawValue)).add()
    }
    if let first = outcome.firstUpstreamMessage { metrics.firstMessageSeconds(service.upstream.name).observe(milliseconds: first) }
    // The reactor must not wait for the log.
    core.log { [record] logger in
      if record.outcome == .lost {
        SecurityEvent.connectionError(ip: record.ip, error: "\(record.closedBy.rawValue) lost").log(to: logger, session: record.session)
      }
      SecurityEvent.connectionClosed(
        ip: record.ip, code: record.code, reason: record.reason, remainingConnections: remaining
      ).log(to: logger, session: record.session)
      record.log(to: logger)
    }
  }
}
