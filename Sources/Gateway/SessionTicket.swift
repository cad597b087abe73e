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
  private struct Place: ~Copyable {
    /// Nil while the client is to say who it is, and once the session is over.
    var lease: Lease?
    var subject: String?
    /// Milliseconds until the first upstream was open: from the client's head or, where the client asked for it, from there.
    var ready: Int64?
    var isOver = false
  }

  private let place: Mutex<Place>
  private let core: GatewayCore
  private let service: RouteService
  private let session: String
  /// In the form allowed in logs.
  private let ip: String
  private let sessions: Int

  /// The ticket of a session whose client is known.
  convenience init(_ admitted: consuming Admitted, core: GatewayCore, session: String, service: RouteService) {
    self.init(entered: admitted, core: core, session: session, service: service)
    take(admitted)
  }

  /// The ticket of a session whose client is to say who it is; its place comes with ``identify(_:)``.
  init(entered admitted: borrowing Admitted, core: GatewayCore, session: String, service: RouteService) {
    self.core = core
    self.service = service
    self.session = session
    ip = admitted.ip
    sessions = admitted.sessions
    place = Mutex(Place())
  }

  /// The 101 is on its way.
  func opened() {
    core.metrics.sessionsOpened(service.name, service.upstream.name).add()
    core.metrics.sessionsOpen(service.name).add()
    SecurityEvent.connectionEstablished(ip: ip, totalConnections: sessions).log(to: core.logger, session: session)
    if let subject = place.withLock({ $0.subject }) { logSuccess(of: subject) }
  }

  /// The client has said who it is.
  func identify(_ admitted: consuming Admitted) {
    let subject = admitted.caller?.subject
    take(admitted)
    if let subject { logSuccess(of: subject) }
  }

  private func take(_ admitted: consuming Admitted) {
    let subject = admitted.caller?.subject
    var lease: Lease? = admitted.takeLease()
    place.withLock { place in
      place.subject = subject
      if !place.isOver { place.lease = lease.take() }
    }
  }

  private func logSuccess(of subject: String) {
    SecurityEvent.authSuccess(ip: ip, userId: subject).log(to: core.logger, session: session)
  }

  /// An upstream is open; the first one counts.
  func ready(after time: TimeAmount) {
    let milliseconds = time.nanoseconds / 1_000_000
    let isFirst = place.withLock { place in
      defer { place.ready = place.ready ?? milliseconds }
      return place.ready == nil
    }
    if isFirst { core.metrics.readySeconds(service.name).observe(milliseconds: milliseconds) }
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
  ///
  /// - Parameter others: sessions that the address still has, where this one's place was not the ticket's yet.
  func ended(_ outcome: SessionOutcome, remaining others: Int? = nil) {
    var remaining = others ?? 0
    var subject: String?
    var ready: Int64?
    let isFirst = place.withLock { place in
      guard !place.isOver else { return false }
      place.isOver = true
      subject = place.subject
      ready = place.ready
      if let lease = place.lease.take() { remaining = lease.release() }
      return true
    }
    guard isFirst else { return }
    count(outcome)
    core.log { [record = record(of: outcome, subject, ready), remaining] logger in
      if record.outcome == .lost {
        SecurityEvent.connectionError(ip: record.ip, error: "\(record.closedBy.rawValue) lost").log(to: logger, session: record.session)
      }
      SecurityEvent.connectionClosed(
        ip: record.ip, code: record.code, reason: record.reason, remainingConnections: remaining
      ).log(to: logger, session: record.session)
      record.log(to: logger)
    }
  }

  private func record(of outcome: SessionOutcome, _ subject: String?, _ ready: Int64?) -> SessionRecord {
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
