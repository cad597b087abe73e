import Guards
import Logging
import NIOCore
import Relay
import Synchronization
import Telemetry
import Vendors

/// A session's place in every count, from its admission to its end, and what is written down about it. Settles exactly once.
///
/// Lives as long as its session, so it holds little; the record is made at the end.
final class SessionTicket: Sendable {
  private let lease: Mutex<Lease?>
  private let core: GatewayCore
  private let service: RouteService
  private let session: String
  private let subject: String?
  /// In the form allowed in logs.
  private let ip: String
  private let sessions: Int
  /// Milliseconds from the client's head to the upstream's 101.
  private let ready: Int64

  /// - Parameter ready: from the client's head to the upstream's 101.
  init(_ admitted: consuming Admitted, core: GatewayCore, session: String, service: RouteService, ready: TimeAmount) {
    self.core = core
    self.service = service
    self.session = session
    subject = admitted.caller?.subject
    ip = admitted.ip
    sessions = admitted.sessions
    self.ready = ready.nanoseconds / 1_000_000
    lease = Mutex(admitted.takeLease())
  }

  /// The 101 is on its way.
  func opened() {
    core.metrics.sessionsOpened(service.name, service.upstream.name).add()
    core.metrics.sessionsOpen(service.name).add()
    core.metrics.readySeconds(service.name).observe(milliseconds: ready)
    SecurityEvent.connectionEstablished(ip: ip, totalConnections: sessions).log(to: core.logger, session: session)
    if let subject { SecurityEvent.authSuccess(ip: ip, userId: subject).log(to: core.logger, session: session) }
  }

  /// Writes down what happened inside the session; from the reactor's thread, which must not wait for the log.
  func note(_ notice: SessionNotice) {
    core.log { [session, service, ip] logger in
      switch notice {
      case .audio(let violation):
        let fields: Logger.Metadata = [
          "session": "\(session)", "route": "\(service.name)", "rule": "\(violation.rule.rawValue)", "error": "\(violation)",
        ]
        logger.warning("audio", metadata: fields)
      case .limitNear(let limit):
        let (measure, scope) = (limit.measure.rawValue, limit.scope.rawValue)
        SecurityEvent.limitWarning(ip: ip, tier: limit.limit, measure: measure, scope: scope).log(to: logger, session: session)
      case .limitExceeded(let limit):
        let (measure, scope) = (limit.measure.rawValue, limit.scope.rawValue)
        SecurityEvent.limitExceeded(ip: ip, tier: limit.limit, measure: measure, scope: scope).log(to: logger, session: session)
      }
    }
  }

  /// The session is over; the second call and later ones do nothing.
  func ended(_ outcome: SessionOutcome) {
    guard let lease = lease.withLock({ $0.take() }) else { return }
    let remaining = lease.release()
    count(outcome)
    core.log { [record = record(of: outcome)] logger in
      if record.outcome == .lost {
        SecurityEvent.connectionError(ip: record.ip, error: "\(record.closedBy.rawValue) lost").log(to: logger, session: record.session)
      }
      SecurityEvent.connectionClosed(
        ip: record.ip, code: record.code, reason: record.reason, remainingConnections: remaining
      ).log(to: logger, session: record.session)
      record.log(to: logger)
    }
  }

  private func record(of outcome: SessionOutcome) -> SessionRecord {
    let end: SessionRecord.Outcome =
      switch outcome.cause {
      case "closed": .closed
      case "lost": .lost
      // Shutdown and the clocks are the gateway's own ends; a rule is broken by one of the two others.
      default: outcome.closedBy == .gateway ? .closed : .violated
      }
    var record = SessionRecord(
      session: session, route: service.name, upstream: service.upstream.name, subject: subject, ip: ip, outcome: end,
      closedBy: outcome.closedBy, cause: outcome.cause)
    record.code = outcome.code?.rawValue
    record.reason = outcome.reason
    record.downstream = outcome.downstream
    record.vendor = outcome.upstream
    record.dial = ready
    record.ready = ready
    record.firstMessage = outcome.firstUpstreamMessage
    record.duration = outcome.duration
    return record
  }

  private func count(_ outcome: SessionOutcome) {
    let metrics = core.metrics
    metrics.sessionsOpen(service.name).subtract()
    metrics.sessionSeconds(service.name).observe(milliseconds: outcome.duration)
    if outcome.cause == "lost" {
      metrics.sessionLosses(service.name, outcome.closedBy.rawValue).add()
    } else {
      metrics.sessionsClosed(service.name, outcome.closedBy.rawValue, CloseGroup.label(outcome.code?.rawValue)).add()
    }
    if let first = outcome.firstUpstreamMessage { metrics.firstMessageSeconds(service.upstream.name).observe(milliseconds: first) }
    for (direction, traffic) in [("up", outcome.downstream), ("down", outcome.upstream)] {
      if let audio = traffic.audio { metrics.audioMilliseconds(service.name, direction).add(UInt64(audio / 1_000_000)) }
    }
  }
}
