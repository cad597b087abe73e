import Configuration
import Guards
import NIOCore
import Relay
import Telemetry
import Tokens
import Vendors
import WebSocket

/// A connection's way from its request head to a relayed session: route, admit, dial, agree, answer. Every no leaves by one door.
struct Handshake: RequestServer {
  let core: GatewayCore
  let pages: Pages

  func serve(_ head: RequestHead, on connection: AcceptedConnection) async {
    let snapshot = core.snapshot
    guard let match = snapshot.match(head.path), !head.isPreflight, head.asksForUpgrade || match.service.route.plain != .notFound else {
      return await pages.serve(head, on: connection)
    }
    let service = snapshot.meant(match.service, query: head.query)
    let handshakes = core.metrics.handshakes()
    handshakes.add(1)
    defer { handshakes.subtract() }
    var opening: Opening?
    do throws(Refusal) {
      let request = try upgrade(head)
      // What is left of a path is the upstream's that the path leads to, and nothing to another.
      let accepted = Opening(head, request, service, rest: service === match.service ? match.rest : "", connection)
      opening = accepted
      try await open(accepted, snapshot)
    } catch {
      await refuse(error, opening, service, head, connection)
    }
  }

  /// What is known of a client that asked for an upgrade on a route.
  private struct Opening {
    let request: ServerOpening
    let service: RouteService
    let credential: ClientCredential
    let head: RequestHead
    let connection: AcceptedConnection
    let started = NIODeadline.now()

    init(_ head: RequestHead, _ request: ServerOpening, _ service: RouteService, rest: String, _ connection: AcceptedConnection) {
      self.head = head
      self.request = request
      self.service = service
      self.connection = connection
      let client = ClientRequest(
        rest: rest, query: head.query, headers: head.headers.map { ($0.name, $0.value) }, subprotocols: request.subprotocols)
      credential = ClientCredential.extract(client, service.upstream.descriptor)
    }
  }

  // MARK: The steps

  private func upgrade(_ head: RequestHead) throws(Refusal) -> ServerOpening {
    do throws(OpeningError) {
      return try ServerOpening(method: head.method, version: head.version, headers: head.headers)
    } catch {
      switch error {
      case .method: throw Refusal(.methodNotAllowed)
      case .upgrade, .version: throw Refusal(.upgradeRequired)
      default: throw Refusal(.badRequest, message: error.text)
      }
    }
  }

  private func open(_ opening: Opening, _ snapshot: Snapshot) async throws(Refusal) {
    let (service, connection) = (opening.service, opening.connection)
    let (request, evidence) = await ask(opening, snapshot)
    if let kind = service.lobby, let settings = service.handshake, !settings.isFirstMessageOnly || !mayBeKnown(request, service) {
      return try await openInside(opening, settings, kind, request, evidence)
    }
    let admitted = try await admit(request, evidence, service)
    await connection.admit()
    let dialling = UpstreamOpening(core, service, opening.credential.request, on: connection, ip: admitted.ip)
    let upstream = try await dialling.open()
    let ready = NIODeadline.now()

    // The upstream's choice holds where the client offered it; a vendor's own subprotocols are none of the client's.
    let agreement = await connection.agreement(of: upstream.end)
    let subprotocol = answer(opening, selected: agreement.subprotocol)
    let deflate = service.deflate.agreement(offers: opening.request.extensions)
    let owed = response(opening, subprotocol: subprotocol, deflate?.header, admitted.headers)

    for notice in admitted.notices { notice.log(to: core.logger, of: connection.label) }
    let standing = SocketAdmission.Standing(admitted, terms: service.terms(under: admitted.tier))
    let place = core.nextSession()
    let ticket = SessionTicket(admitted, core: core, label: connection.label, service: service, number: place.id)
    guard var ends = await connection.leave(with: upstream.end, owed: owed, opening: service.openingFrames()) else {
      throw Refusal(.upstreamUnreachable)
    }
    ends.downstream.compression = deflate.map { LegTransport.Compression($0.parameters, service.deflate) }
    ends.upstream.compression = agreement.deflate.map { LegTransport.Compression($0, upstream.place.deflate) }
    let inspectors = service.inspectors(of: upstream, meters: standing.meters, tier: standing.tier, for: ticket)
    ticket.use(upstream)
    ticket.opened()
    ticket.ready(after: ready - opening.started)
    if let kind = service.lobby {
      let control = SocketAdmission(
        standing, request, evidence, dialling, ticket, label: connection.label, at: place, opened: upstream)
      place.reactor.open(
        RelayParcel(
          id: place.id, downstream: ends.downstream, upstream: ends.upstream, lobby: control.lobby(kind, isKnown: true, strangerBytes: 0),
          terms: standing.terms, makeInspectors: inspectors
        ) { outcome in control.ended(outcome) })
    } else {
      place.reactor.open(
        RelayParcel(
          id: place.id, downstream: ends.downstream, upstream: ends.upstream, terms: standing.terms, makeInspectors: inspectors
        ) { outcome in ticket.ended(outcome) })
    }
    ticket.listed()
  }

  /// The way of a route whose handshake is inside the socket: 101 comes first, and who is calling later, unless the request says it.
  private func openInside(
    _ opening: Opening, _ settings: SocketHandshake.Settings, _ kind: RouteService.LobbyKind, _ request: AdmissionRequest,
    _ evidence: Evidence
  ) async throws(Refusal) {
    let (service, connection) = (opening.service, opening.connection)
    let waits = settings.authenticate != .off || settings.isFirstMessageOnly
    let isKnown = !waits || request.credential?.isEmpty == false
    let admitted: Admitted
    if isKnown {
      admitted = try await admit(request, evidence, service)
      await connection.admit()
    } else {
      admitted = try core.admission.enter(request, policy: service.policy, now: .now)
    }
    let stranger = await connection.keepStranger()
    let strangerBytes = bytes(of: stranger)
    let deflate = service.deflate.agreement(offers: opening.request.extensions)
    // Nobody knows what an upstream will choose.
    let subprotocol = answer(opening, selected: nil) ?? opening.credential.echoable.first
    let owed = response(opening, subprotocol: subprotocol, deflate?.header, admitted.headers)
    guard var downstream = await connection.leave(owed: owed) else { throw Refusal(.internalError) }
    downstream.compression = deflate.map { LegTransport.Compression($0.parameters, service.deflate) }

    for notice in admitted.notices { notice.log(to: core.logger, of: connection.label) }
    let terms = service.terms(under: admitted.tier)
    let upstream = UpstreamOpening(core, service, opening.credential.request, on: connection, ip: admitted.ip)
    let place = core.nextSession()
    let (control, ticket): (SocketAdmission, SessionTicket)
    if isKnown {
      let standing = SocketAdmission.Standing(admitted, terms: terms)
      ticket = SessionTicket(admitted, core: core, label: connection.label, service: service, number: place.id)
      ticket.opened()
      control = SocketAdmission(standing, request, evidence, upstream, ticket, label: connection.label, at: place)
    } else {
      ticket = SessionTicket(entered: admitted, core: core, label: connection.label, service: service, number: place.id)
      ticket.opened()
      control = SocketAdmission(
        admitted, stranger: stranger, request, evidence, upstream, ticket, label: connection.label, at: place)
    }
    let lobby = control.lobby(kind, isKnown: isKnown, strangerBytes: strangerBytes)
    place.reactor.open(
      RelayParcel(id: place.id, downstream: downstream, lobby: lobby, terms: terms) { outcome in control.ended(outcome) })
    ticket.listed()
  }

  /// Whether who is calling can be told by the request, so that the first message is not waited for.
  private func mayBeKnown(_ request: AdmissionRequest, _ service: RouteService) -> Bool {
    let guards = service.policy.credentials
    return guards.isEmpty || request.credential?.isEmpty == false || guards.contains { $0 is MTLSGuard || $0 is ForwardGuard }
  }

  private func bytes(of stranger: borrowing HandshakeLease?) -> Int {
    switch stranger {
    case .some(let lease): lease.bytes
    case nil: core.admission.handshakes.limits.bytes
    }
  }

  private func response(
    _ opening: Opening, subprotocol: String?, _ deflate: ExtensionHeader?, _ more: [(name: String, value: String)]
  ) -> [UInt8] {
    let headers = opening.request.responseHeaders(subprotocol: subprotocol, extensions: deflate.map { [$0] } ?? []) + more
    return Array((HTTPAnswer.head(status: 101, headers: headers.map { ($0.name, $0.value) }) + "\r\n").utf8)
  }

  private func admit(_ request: AdmissionRequest, _ evidence: Evidence, _ service: RouteService) async throws(Refusal) -> Admitted {
    try await core.admission.admit(request, policy: service.policy, now: { .now }) { () async throws(Refusal) in
      try await core.caller(evidence, request, policy: service.policy)
    }
  }

  /// What the guards are shown.
  private func ask(_ opening: Opening, _ snapshot: Snapshot) async -> (AdmissionRequest, Evidence) {
    let (service, head, connection) = (opening.service, opening.head, opening.connection)
    let request = core.admissionRequest(head, opening.credential, takesCookie: service.takesCookie(snapshot), on: connection, snapshot)
    let certificate = service.policy.asksForCertificate ? await connection.certificate() : nil
    return (request, Evidence(request, route: service.name, certificate: certificate, headers: head.headers))
  }

  /// A route's own list of subprotocols, else the vendor's rule, else what the upstream chose.
  private func answer(_ opening: Opening, selected: String?) -> String? {
    let own = opening.service.route.subprotocols
    if let choice = own.first(where: opening.credential.echoable.contains) { return choice }
    return opening.credential.answer(selected: selected, descriptor: opening.service.upstream.descriptor)
  }

  // MARK: No

  private func record(
    _ refusal: Refusal, _ service: RouteService, _ head: RequestHead, _ connection: AcceptedConnection
  ) -> SessionRecord {
    let isVendors = [.upstreamRefused, .upstreamUnreachable, .upstreamTimeout].contains(refusal.kind)
    var record = SessionRecord(
      session: connection.session, route: service.name, upstream: service.upstream.name,
      ip: core.logged(connection.client), outcome: .refused,
      closedBy: isVendors ? .upstream : .gateway, cause: refusal.type)
    if service.route.refuse == .close { record.code = refusal.close?.code }
    record.trace = connection.label.trace
    record.traceAlias = connection.label.alias
    return record
  }

  func refused(_ refusal: Refusal) {
    core.metrics.refusals("", refusal.type).add(1)
  }

  private func refuse(
    _ refusal: Refusal, _ opening: Opening?, _ service: RouteService, _ head: RequestHead, _ connection: AcceptedConnection
  ) async {
    // A client that went away while the upstream was dialled was not refused.
    if !Task.isCancelled { core.metrics.refusals(service.name, refusal.type).add(1) }
    refusal.event?.log(to: core.logger, of: connection.label)
    if !Task.isCancelled { record(refusal, service, head, connection).log(to: core.logger) }
    pages.playground?.note(refusal, route: service.name, head, connection)
    if let opening, service.route.refuse == .close, let close = refusal.close {
      // A browser drops a connection that answers none of the subprotocols it offered.
      let subprotocol = answer(opening, selected: nil) ?? opening.credential.echoable.first
      let head = HTTPAnswer.head(
        status: 101, headers: opening.request.responseHeaders(subprotocol: subprotocol).map { ($0.name, $0.value) })
      let payload = ClosePayload.encode(code: CloseCode(rawValue: close.code), reason: close.reason)
      await connection.finish(Array((head + "\r\n").utf8) + FrameHeader.frame(opcode: .close, payload: payload))
    } else {
      await connection.answer(HTTPAnswer(refusal, session: connection.session), withBody: head.method != "HEAD")
    }
  }
}
