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
    /// Milliseconds of the dial by which it was.
    var dial: Int64?
    /// The upstream it leads to, where that is not the route's first; and its place among those with the same credential.
    var upstream: String?
    var credential: CredentialLease?
    /// What the vendor has said so far.
    var tally = SessionTally()
    var isOver = false
  }

  /// Which session of this process it is; says which reactor has it, too.
  let number: UInt64
  private let place: Mutex<Place>
  private let began: Timestamp
  private let core: GatewayCore
  let service: RouteService
  private let label: SessionLabel
  /// In the form allowed in logs.
  private let ip: String
  private let sessions: Int

  /// The ticket of a session whose client is known.
  ///
  /// - Parameter number: of the session, unique in this process.
  convenience init(_ admitted: consuming Admitted, core: GatewayCore, label: SessionLabel, service: RouteService, number: UInt64) {
    self.init(entered: admitted, core: core, label: label, service: service, number: number)
    take(admitted)
  }

  /// The ticket of a session whose client is to say who it is; its place comes with ``identify(_:)``.
  init(entered admitted: borrowing Admitted, core: GatewayCore, label: SessionLabel, service: RouteService, number: UInt64) {
    self.number = number
    self.core = core
    self.service = service
    self.label = label
    ip = admitted.ip
    sessions = admitted.sessions
    began = .now()
    place = Mutex(Place())
  }

  /// Its id in the log, which the client was told.
  var session: String { label.session }

  /// The 101 is on its way.
  func opened() {
    core.metrics.sessionsOpened(service.name, upstream).add()
    core.metrics.sessionsOpen(service.name).add()
    SecurityEvent.connectionEstablished(ip: ip, totalConnections: sessions).log(to: core.logger, of: label)
    if let subject = place.withLock({ $0.subject }) { logSuccess(of: subject) }
  }

  /// Its reactor has been given it: from here on an operator can see and close it. A reactor goes by the order in which it is told, so that
  /// no close of a session that is seen can come before the session.
  func listed() {
    core.registry.add(self)
    // It may have ended before it was seen.
    if place.withLock({ $0.isOver }) { core.registry.remove(self) }
  }

  /// The upstream that it leads to.
  private var upstream: String { place.withLock { $0.upstream } ?? service.upstream.name }

  /// An upstream is the session's from now on.
  func use(_ opened: OpenedUpstream) {
    let name = opened.place.upstream.name
    let before = place.withLock { place -> CredentialLease? in
      // Over already: nobody will give it back.
      guard !place.isOver else { return opened.credential }
      defer { (place.upstream, place.credential, place.dial) = (name, opened.credential, place.dial ?? opened.dialled) }
      return place.credential
    }
    before?.release()
  }

  /// The upstream is gone, and the client has stayed.
  func leaveUpstream() {
    place.withLock { $0.credential.take() }?.release()
  }

  /// Another upstream has taken over, or could not be had.
  func handedOver(for reason: SessionHandover.Reason, succeeded: Bool) {
    let name = place.withLock { place in
      if succeeded { place.tally.handovers += 1 }
      return place.upstream
    }
    let result = succeeded ? "ok" : "failed"
    core.metrics.handovers(service.name, reason.rawValue, result).add()
    core.log { [label, service] logger in
      let fields: Logger.Metadata = [
        "route": "\(service.name)", "upstream": "\(name ?? service.upstream.name)", "reason": "\(reason.rawValue)", "result": "\(result)",
      ]
      logger.notice("upstream handed over", metadata: fields.merging(label.fields) { own, _ in own })
    }
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
    SecurityEvent.authSuccess(ip: ip, userId: subject).log(to: core.logger, of: label)
  }

  /// What an operator may see of it.
  var listing: SessionListing {
    let (subject, ready) = place.withLock { ($0.subject, $0.ready) }
    return SessionListing(
      session: label.session, route: service.name, upstream: upstream, subject: subject, ip: ip, opened: began, ready: ready)
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

  /// Where audio of its route is counted.
  func audioSeconds(_ direction: ReactorCounters.Direction) -> TimeCounter { core.metrics.audio(service.name, direction.rawValue) }

  /// Writes down what happened inside the session; from the reactor's thread, which must not wait for the log.
  func note(_ notice: SessionNotice) {
    if case .conduct(let event) = notice { return note(event) }
    core.log { [label, service, ip] logger in
      switch notice {
      case .conduct: break
      case .audio(let violation):
        let fields: Logger.Metadata = [
          "route": "\(service.name)", "rule": "\(violation.rule.rawValue)", "error": "\(violation)",
        ]
        logger.warning("audio", metadata: fields.merging(label.fields) { own, _ in own })
      case .limitNear(let limit):
        let (measure, scope) = (limit.measure.rawValue, limit.scope.rawValue)
        SecurityEvent.limitWarning(ip: ip, tier: limit.limit, measure: measure, scope: scope).log(to: logger, of: label)
      case .limitExceeded(let limit):
        let (measure, scope) = (limit.measure.rawValue, limit.scope.rawValue)
        SecurityEvent.limitExceeded(ip: ip, tier: limit.limit, measure: measure, scope: scope).log(to: logger, of: label)
      }
    }
  }

  private func note(_ event: ConductEvent) {
    let (units, failures, name) = place.withLock { ($0.tally.take(event), $0.tally.failures, $0.upstream) }
    let upstream = name ?? service.upstream.name
    core.metrics.count(event, units: units, upstream: upstream)
    switch event {
    case .unready:
      core.log { [label, ip] logger in
        SecurityEvent.upstreamTimeout(ip: ip, upstream: upstream, phase: "ready").log(to: logger, of: label)
      }
    case .failure(let failure) where failures <= Self.loggedFailures:
      core.log { [label, service] logger in
        var fields: Logger.Metadata = [
          "route": "\(service.name)", "upstream": "\(upstream)", "class": "\(failure.kind?.rawValue ?? "unknown")",
          "fatal": "\(failure.isFatal)",
        ]
        fields["code"] = failure.code.map { .string($0) }
        logger.warning("upstream error", metadata: fields.merging(label.fields) { own, _ in own })
      }
    default: break
    }
  }

  /// A vendor that reports one failure after the other says nothing new.
  private static let loggedFailures: UInt64 = 8

  /// The session is over; the second call and later ones do nothing.
  ///
  /// - Parameter others: sessions that the address still has, where this one's place was not the ticket's yet.
  func ended(_ outcome: SessionOutcome, remaining others: Int? = nil) {
    var remaining = others ?? 0
    var subject: String?
    var ready: Int64?
    var tally = SessionTally()
    let isFirst = place.withLock { place in
      guard !place.isOver else { return false }
      place.isOver = true
      subject = place.subject
      ready = place.ready
      tally = place.tally
      if let lease = place.lease.take() { remaining = lease.release() }
      place.credential.take()?.release()
      return true
    }
    guard isFirst else { return }
    core.registry.remove(self)
    count(outcome)
    core.log { [label, record = record(of: outcome, subject, ready, tally), remaining] logger in
      if record.outcome == .lost {
        SecurityEvent.connectionError(ip: record.ip, error: "\(record.closedBy.rawValue) lost").log(to: logger, of: label)
      }
      if remaining < 0 {
        let message = "the address had no place to give back"
        SecurityEvent.connectionCleanupWarning(ip: record.ip, message: message, currentConnections: 0).log(to: logger, of: label)
      }
      SecurityEvent.connectionClosed(
        ip: record.ip, code: record.code, reason: record.reason, remainingConnections: max(0, remaining)
      ).log(to: logger, of: label)
      record.log(to: logger)
    }
  }

  private func record(of outcome: SessionOutcome, _ subject: String?, _ ready: Int64?, _ tally: SessionTally) -> SessionRecord {
    let end: SessionRecord.Outcome =
      switch outcome.cause {
      case "closed": .closed
      case "lost", "ping_timeout", "stalled": .lost
      // Shutdown and the clocks are the gateway's own ends; a rule is broken by one of the two others.
      default: outcome.closedBy == .gateway ? .closed : .violated
      }
    var record = SessionRecord(
      session: session, route: service.name, upstream: upstream, subject: subject, ip: ip, outcome: end,
      closedBy: outcome.closedBy, cause: outcome.cause)
    record.code = outcome.code?.rawValue
    record.reason = outcome.reason
    record.downstream = outcome.downstream
    record.vendor = outcome.upstream
    record.dial = place.withLock { $0.dial }
    record.ready = ready
    record.firstMessage = outcome.firstUpstreamMessage
    tally.write(to: &record)
    record.duration = outcome.duration
    record.trace = label.trace
    record.traceAlias = label.alias
    return record
  }

  /// Of the upstream that it led to.
  private var descriptor: VendorDescriptor? {
    let name = upstream
    return service.places.first { $0.upstream.name == name }?.upstream.descriptor
  }

  private func count(_ outcome: SessionOutcome) {
    let metrics = core.metrics
    metrics.sessionsOpen(service.name).subtract()
    metrics.sessionSeconds(service.name).observe(milliseconds: outcome.duration)
    metrics.sessionsClosed(service.name, outcome.closedBy.rawValue, outcome.cause, CloseGroup.label(outcome.code?.rawValue)).add()
    if let first = outcome.firstUpstreamMessage { metrics.firstMessageSeconds(upstream).observe(milliseconds: first) }
    if outcome.closedBy == .upstream, let code = outcome.code,
      let meaning = descriptor?.errors.meaning(of: Int(code.rawValue), reason: outcome.reason)
    {
      metrics.count(meaning.kind, isFatal: true, upstream: upstream)
    }
  }
}
