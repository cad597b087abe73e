import Guards
import NIOCore
import Relay
import Synchronization
import Telemetry
import Vendors
import WebSocket

/// The control path of a session whose handshake is inside the socket: checks its token, dials its upstreams, and holds its places in
/// the counts until they are the ticket's.
final class SocketAdmission: Sendable {
  private struct State: ~Copyable {
    /// The client's place before it is known, and its place among the strangers.
    var admitted: Admitted?
    var stranger: HandshakeLease?
    /// What holds for it once it is known.
    var standing: Standing?
    var task: Task<Void, Never>?
    /// What belongs into the first message for the upstream that is coming.
    var firstMessage: UpstreamRequest.FirstMessageCredential?
    /// An upstream was asked for: the next one is one more than the admission let in.
    var hasDialled = false
    var isOver = false
  }

  /// What holds for a client that is known, or known to be nobody.
  struct Standing: Sendable {
    let meters: [Metered]
    let tier: TierPolicy
    let terms: SharedTerms
    fileprivate(set) var caller: Caller?

    init(_ admitted: borrowing Admitted, terms: SharedTerms) {
      (meters, tier, caller, self.terms) = (admitted.meters, admitted.tier, admitted.caller, terms)
    }
  }

  private let id: UInt64
  private let reactor: Reactor
  private let upstream: UpstreamOpening
  private let ticket: SessionTicket
  private let request: AdmissionRequest
  /// What is known of the client beside its token.
  private let evidence: Evidence
  private let label: SessionLabel
  private let state: Mutex<State>

  private var core: GatewayCore { upstream.core }
  private var service: RouteService { upstream.service }

  /// A client that is to say who it is.
  ///
  /// - Parameters:
  ///   - place: of the session, and the reactor that has it.
  ///   - label: what the log says of it in every line.
  ///   - stranger: given back once the client is known, or gone.
  init(
    _ admitted: consuming Admitted, stranger: consuming HandshakeLease?, _ request: AdmissionRequest, _ evidence: Evidence,
    _ upstream: UpstreamOpening, _ ticket: SessionTicket, label: SessionLabel, at place: (id: UInt64, reactor: Reactor)
  ) {
    (id, reactor) = place
    (self.upstream, self.ticket, self.request, self.evidence, self.label) = (upstream, ticket, request, evidence, label)
    state = Mutex(State(admitted: admitted, stranger: stranger))
  }

  /// A client that is known by its request; its place is the ticket's.
  ///
  /// - Parameter opened: its upstream, where that is there before anything of the client is heard.
  init(
    _ standing: Standing, _ request: AdmissionRequest, _ evidence: Evidence, _ upstream: UpstreamOpening,
    _ ticket: SessionTicket, label: SessionLabel, at place: (id: UInt64, reactor: Reactor), opened: OpenedUpstream? = nil
  ) {
    (id, reactor) = place
    (self.upstream, self.ticket, self.request, self.evidence, self.label) = (upstream, ticket, request, evidence, label)
    state = Mutex(State(standing: standing, firstMessage: opened?.request.firstMessageCredential, hasDialled: opened != nil))
  }

  /// Works on a question of the session; from the reactor's thread.
  private func ask(_ question: LobbyQuestion) {
    let task = Task {
      switch question {
      case .credential(let token): await check(token)
      case .upstream: await open(succeeds: false)
      case .successor: await open(succeeds: true)
      }
    }
    let isOver = state.withLock { state in
      state.task = task
      return state.isOver
    }
    if isOver { task.cancel() }
  }

  /// What reads the client's messages, where its route has something to agree on with it, or upstreams that take up one another.
  ///
  /// - Parameters:
  ///   - kind: of the route.
  ///   - isKnown: the client was identified by its request.
  ///   - strangerBytes: that it may send until it is known.
  func lobby(_ kind: RouteService.LobbyKind, isKnown: Bool, strangerBytes: Int) -> LobbyPlan {
    LobbyPlan(strangerBytes: strangerBytes) { [self] in
      switch kind {
      case .handshake(let settings): handshake(settings, isKnown: isKnown)
      case .handover(let settings, let inner):
        SessionHandover(
          settings, behind: inner.map { handshake($0, isKnown: isKnown) },
          control: SessionHandover.Control(detached: ticket.leaveUpstream) { [ticket] in ticket.handedOver(for: $0, succeeded: $1) })
      }
    } ask: { [self] in
      ask($0)
    }
  }

  private func handshake(_ settings: SocketHandshake.Settings, isKnown: Bool) -> SocketHandshake {
    SocketHandshake(
      settings, isKnown: isKnown,
      control: SocketHandshake.Control(
        missesToken: missesToken, detached: ticket.leaveUpstream, firstMessage: { self.state.withLock { $0.firstMessage } }))
  }

  /// The client authenticates without a token.
  private func missesToken() {
    core.log { [request, label] logger in SecurityEvent.authFailedNoToken(ip: request.ip).log(to: logger, of: label) }
  }

  /// The session is over: every place is given back, and what is under way is given up.
  func ended(_ outcome: SessionOutcome) {
    var task: Task<Void, Never>?
    var remaining: Int?
    state.withLock { state in
      state.isOver = true
      task = state.task.take()
      state.stranger.take()?.end()
      if let admitted = state.admitted.take() { remaining = admitted.release() }
    }
    task?.cancel()
    if outcome.cause == SocketHandshake.timedOut.name {
      core.log { [request, label] logger in SecurityEvent.authTimeout(ip: request.ip).log(to: logger, of: label) }
    }
    ticket.ended(outcome, remaining: remaining)
  }

  // MARK: Who it is

  private func check(_ token: String) async {
    do throws(Refusal) {
      var (request, evidence) = (request, evidence)
      (request.credential, request.place, request.isAmbiguous) = (token, .message, false)
      (evidence.credential, evidence.place, evidence.isAmbiguous) = (token, .message, false)
      let caller = try await core.caller(evidence, request, policy: service.policy)
      try identify(caller)
      reactor.answer(session: id, .accepted)
    } catch {
      note(error)
      switch error.kind {
      case .unauthorized, .forbidden: reactor.answer(session: id, .rejected)
      default: reactor.answer(session: id, .end(SessionEnd(error)))
      }
    }
  }

  /// Settles who it is, once; whoever is known, or gone, stays so. The same caller with another credential has what that one is good for.
  private func identify(_ caller: Caller?) throws(Refusal) {
    let admitted: Admitted? = try state.withLock { (state) throws(Refusal) in
      guard var admitted = state.admitted.take() else {
        if let caller, caller.subject == state.standing?.caller?.subject { state.standing?.caller = caller }
        return nil
      }
      do throws(Refusal) {
        try core.admission.identify(&admitted, as: caller, policy: service.policy, now: .now)
      } catch {
        state.admitted = consume admitted
        throw error
      }
      state.standing = Standing(admitted, terms: service.terms(under: admitted.tier))
      state.stranger.take()?.end()
      return admitted
    }
    guard let admitted else { return }
    for notice in admitted.notices { notice.log(to: core.logger, of: label) }
    ticket.identify(admitted)
  }

  // MARK: The upstream

  private func open(succeeds: Bool) async {
    do throws(Refusal) {
      // Not by its message: nobody.
      if service.route.handshake.authenticate != .required { try identify(nil) }
      let (standing, isFirst) = state.withLock { state in
        defer { state.hasDialled = true }
        return (state.standing, !state.hasDialled)
      }
      guard let standing else { throw Refusal(.unauthorized) }
      if !isFirst { try readmit(standing, succeeds: succeeds) }
      let began = NIODeadline.now()
      let opened = try await upstream.open()
      ticket.use(opened)
      state.withLock { $0.firstMessage = opened.request.firstMessageCredential }
      guard let transport = await upstream.leave(opened) else { throw Refusal(.upstreamUnreachable) }
      ticket.ready(after: NIODeadline.now() - began)
      let inspectors = service.inspectors(of: opened, meters: standing.meters, tier: standing.tier, for: ticket, succeeds: succeeds)
      reactor.attach(UpstreamParcel(session: id, transport: transport, terms: standing.terms, makeInspectors: inspectors))
    } catch {
      note(error)
      ticket.leaveUpstream()
      switch error.kind {
      case .upstreamRefused, .upstreamUnreachable, .upstreamTimeout, .circuitOpen: reactor.answer(session: id, .noUpstream)
      default: reactor.answer(session: id, .end(SessionEnd(error)))
      }
    }
  }

  /// Whether a client that is in may have another upstream. One that takes up what an earlier one has left is no opening of the client's.
  private func readmit(_ standing: Standing, succeeds: Bool) throws(Refusal) {
    let route = core.snapshot.routes.first { $0.name == service.name }
    try core.admission.readmit(
      request, as: standing.caller, policy: route?.policy, opening: succeeds ? nil : standing.tier, now: .now)
  }

  /// What the client hears of it is the lobby's to say.
  private func note(_ refusal: Refusal) {
    // A client that went away was not refused.
    guard !Task.isCancelled else { return }
    core.metrics.refusals(service.name, refusal.type).add(1)
    refusal.event?.log(to: core.logger, of: label)
  }
}

extension SessionEnd {
  /// A refusal inside the socket.
  init(_ refusal: Refusal) {
    let close = refusal.close ?? (code: 1011, reason: "Server configuration error")
    self.init(name: refusal.type, code: CloseCode(rawValue: close.code), reason: close.reason)
  }
}
