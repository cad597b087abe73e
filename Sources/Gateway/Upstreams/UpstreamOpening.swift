import Configuration
import Guards
import Logging
import NIOCore
import Relay
import Telemetry
import Vendors
import WebSocket

/// Opens the upstream of a session: chooses where, composes the request, dials, and takes the connection off NIO. Lives on one event loop.
actor UpstreamOpening {
  nonisolated let core: GatewayCore
  nonisolated let service: RouteService
  private let client: ClientRequest
  private let loop: any EventLoop
  /// The client's address as the log may show it.
  private let ip: String
  private let label: SessionLabel
  private let trace: TraceContext

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

  /// - Parameter client: its request without credentials.
  init(_ core: GatewayCore, _ service: RouteService, _ client: ClientRequest, on connection: AcceptedConnection, ip: String) {
    self.core = core
    self.service = service
    self.client = client
    loop = connection.loop
    self.ip = ip
    label = connection.label
    trace = connection.trace
  }

  /// Opens one of the route's upstreams: the first that can take the session.
  ///
  /// All of it comes before anything of the client's goes on, so that trying elsewhere loses and doubles nothing.
  func open() async throws(Refusal) -> OpenedUpstream {
    var plan = DialPlan(places: service.places.count, budget: UInt64(service.dialBudget.nanoseconds), now: UpstreamTable.now)
    var history = OpeningHistory()
    while let step = plan.next(now: UpstreamTable.now) {
      let place = service.places[step.index]
      switch await attempt(at: place, isFirst: step.index == 0, until: step.deadline, &history) {
      case .opened(let opened):
        if step.index > 0 {
          core.metrics.fallbacks(service.name, place.upstream.name).add()
          log(.notice, "upstream opened elsewhere", place, [:])
        }
        return opened
      case .impossible(let refusal): throw refusal
      case .leftOut(let obstacle):
        history.obstacles.append(obstacle)
        plan.skip()
      case .failed(let failure, let next):
        history.last = (failure, place.upstream.name)
        if next != .nowhere { log(.warning, "upstream not opened", place, ["error": "\(failure.name)", "detail": "\(failure.detail)"]) }
        plan.failed(next, now: UpstreamTable.now)
      }
    }
    throw history.refusal(ip: ip)
  }

  private enum Attempt {
    case opened(OpenedUpstream)
    case leftOut(UpstreamTable.Obstacle)
    case failed(DialFailure, DialVerdict.Next)
    /// The request itself cannot be made.
    case impossible(Refusal)
  }

  /// Tries one place with one credential.
  private func attempt(
    at place: DialPlace, isFirst: Bool, until deadline: UInt64, _ history: inout OpeningHistory
  ) async -> Attempt {
    let upstream = place.upstream
    let permit: CircuitBreaker.Permit
    switch core.upstreams.ask(place.key, upstream.circuit) {
    case .permitted(let granted): permit = granted
    case .refused(let wait): return .leftOut(.circuit(wait: wait))
    }
    var outcome = CircuitBreaker.Outcome.unknown
    defer { settle(place, permit, outcome) }
    var lease: CredentialLease?
    if place.endpoint.credentialPlacement != nil, upstream.credentials.contains(where: { $0.secret.secret != nil }) {
      switch core.upstreams.take(of: upstream, except: history.tried[upstream.name] ?? []) {
      case .success(let taken): lease = taken
      case .failure(let error): return .leftOut(error.obstacle)
      }
    }
    let began = UpstreamTable.now
    var composition = Composition()
    do throws(AttemptFailure) {
      let request = try await UpstreamComposer(callers: core.callers, client: client).compose(
        at: place, lease?.secret.reveal(), until: deadline, &composition)
      let end = try await dial(request, at: place, until: deadline)
      outcome = .answered
      core.metrics.dials(upstream.name, place.key.endpoint, "open").add()
      let dialled = Int64((UpstreamTable.now - began) / 1_000_000)
      core.metrics.dialSeconds(upstream.name).observe(milliseconds: dialled)
      if let lease { core.upstreams.proved(lease.reference, of: upstream.name) }
      return .opened(
        OpenedUpstream(
          place: place, request: request, initBody: composition.initBody, credential: lease, dialled: dialled, end: end))
    } catch {
      switch error {
      case .request(let error):
        log(.warning, "upstream request", place, ["error": "\(error)"])
        // What the client asked for may still be had elsewhere, but whether it may be asked for at all is for the first to say.
        guard isFirst else { return .leftOut(.exhausted) }
        switch (error as? EndpointError)?.status {
        case 404: return .impossible(Refusal(.notFound))
        case 400: return .impossible(Refusal(.badRequest, message: "\(error)"))
        default: return .impossible(Refusal(.misconfigured))
        }
      case .dial(let failure):
        outcome = failure.verdict.endpoint
        core.metrics.dials(upstream.name, place.key.endpoint, failure.name).add()
        core.metrics.dialFailures(upstream.name, failure.name).add()
        return .failed(failure, await next(after: failure, at: place, lease, composition, &history))
      }
    }
  }

  /// Draws the consequences of a failure for the credential.
  ///
  /// - Returns: where to go on.
  private func next(
    after failure: DialFailure, at place: DialPlace, _ lease: CredentialLease?, _ composition: Composition, _ history: inout OpeningHistory
  ) async -> DialVerdict.Next {
    let (verdict, upstream) = (failure.verdict, place.upstream)
    guard let lease else { return verdict.next == .samePlace ? .otherPlace : verdict.next }
    // Nothing better can be done about the same key twice.
    if verdict.credential == .refused, history.renewed.insert(lease.reference).inserted {
      if let token = composition.token, core.upstreams.refused(token: token, for: lease.secret.reveal(), at: place.key) {
        return .samePlace
      }
      if await isRenewed(lease, of: upstream) { return .samePlace }
    }
    if verdict.next == .samePlace { history.tried[upstream.name, default: []].insert(lease.reference) }
    switch verdict.credential {
    case .innocent: return verdict.next
    case .refused: rest(lease, of: upstream, seconds: nil, failure)
    case .throttled(let seconds): rest(lease, of: upstream, seconds: seconds, failure)
    }
    return verdict.next
  }

  private func isRenewed(_ lease: CredentialLease, of upstream: UpstreamService) async -> Bool {
    guard let secret = upstream.credentials.first(where: { $0.reference == lease.reference })?.secret else { return false }
    guard await secret.refused(lease.secret, now: UpstreamTable.now) else { return false }
    core.upstreams.wake(lease.reference)
    return true
  }

  private func rest(_ lease: CredentialLease, of upstream: UpstreamService, seconds: Int?, _ failure: DialFailure) {
    let time = seconds.map { Duration.seconds($0) } ?? upstream.coolDown
    core.upstreams.rest(lease.reference, of: upstream.name, for: time, isTold: seconds != nil)
    let status = if case .refused(let status, _) = failure { status } else { 0 }
    core.metrics.credentialRests(upstream.name, "\(status)").add()
    core.logger.warning(
      "credential rests",
      metadata: [
        "upstream": "\(upstream.name)", "credential": "\(lease.reference)", "status": .stringConvertible(status),
        "seconds": .stringConvertible(time.components.seconds),
      ])
  }

  private func settle(_ place: DialPlace, _ permit: CircuitBreaker.Permit, _ outcome: CircuitBreaker.Outcome) {
    let (before, after) = core.upstreams.settle(place.key, permit, outcome, place.upstream.circuit)
    core.metrics.circuit(place.key.upstream, place.key.endpoint).set(after.level)
    switch (before, after) {
    case (.open, .open), (.closed, .closed), (.halfOpen, .halfOpen): break
    case (_, .open(let until)):
      let wait = (until - min(until, UpstreamTable.now)) / 1_000_000
      log(.error, "circuit open", place, ["rest_ms": .stringConvertible(wait)])
    case (_, .closed): log(.notice, "circuit closed", place, [:])
    case (_, .halfOpen): break
    }
  }

  private func log(_ level: Logger.Level, _ message: Logger.Message, _ place: DialPlace, _ more: Logger.Metadata) {
    var fields: Logger.Metadata = ["route": "\(service.name)", "upstream": "\(place.key.upstream)", "endpoint": "\(place.key.endpoint)"]
    fields.merge(more) { own, _ in own }
    core.logger.log(level: level, message, metadata: fields.merging(label.fields) { own, _ in own })
  }

  private func dial(
    _ request: UpstreamRequest, at place: DialPlace, until deadline: UInt64
  ) async throws(AttemptFailure) -> NIOLoopBound<DialedEnd> {
    let target: DialTarget
    do throws(ClientOpeningError) {
      target = try place.upstream.target(
        place.upstream.sendsTrace ? request.with(trace) : request, deflate: place.deflate)
    } catch {
      throw .request(error)
    }
    do throws(DialFailure) {
      return try await Dialer(loop: loop).dial(target, budget: Self.rest(until: deadline))
    } catch {
      throw .dial(error)
    }
  }

  private static func rest(until deadline: UInt64) -> TimeAmount {
    .nanoseconds(Int64(clamping: deadline - min(deadline, UpstreamTable.now)))
  }

  /// Takes an upstream away from NIO.
  ///
  /// - Returns: nil when it is gone already.
  func leave(_ opened: OpenedUpstream) async -> LegTransport? {
    let (end, agreement) = (opened.end.value.end, opened.end.value.agreement)
    guard (try? await end.barrier.flushed(on: loop).get()) != nil, !Task.isCancelled else {
      end.channel.close(promise: nil)
      return nil
    }
    guard var transport = end.leave(owed: service.openingFrames()) else { return nil }
    transport.compression = agreement.deflate.map { LegTransport.Compression($0, opened.place.deflate) }
    return transport
  }
}

/// Why a session's upstream was not opened at one place.
enum AttemptFailure: Error {
  case dial(DialFailure)
  /// The request cannot be made.
  case request(any Error)
}

extension UpstreamRequest {
  /// With the session's trace, whatever the client's own headers say of one: the upstream's parent is the gateway.
  func with(_ trace: TraceContext) -> UpstreamRequest {
    var random = SystemRandomNumberGenerator()
    var request = self
    request.headers.removeAll { ["traceparent", "tracestate"].contains($0.0.lowercased()) }
    request.headers += trace.headers(using: &random).map { ($0.name, $0.value) }
    return request
  }
}
