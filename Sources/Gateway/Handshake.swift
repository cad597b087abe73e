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
    guard let match = snapshot.match(head.path) else { return await pages.serve(head, on: connection) }
    let handshakes = core.metrics.handshakes()
    handshakes.add(1)
    defer { handshakes.subtract() }
    var opening: Opening?
    do throws(Refusal) {
      let request = try upgrade(head)
      let accepted = Opening(head, request, match.service, rest: match.rest, connection)
      opening = accepted
      try await open(accepted, snapshot)
    } catch {
      await refuse(error, opening, match.service, head, connection)
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
    let admitted = try admit(opening, snapshot)
    let composed = try compose(opening)
    let upstream = try await dial(target(composed, opening), opening, ip: admitted.ip)
    let ready = NIODeadline.now()

    // The upstream's choice holds where the client offered it; a vendor's own subprotocols are none of the client's.
    let agreement = await opening.connection.agreement(of: upstream)
    let subprotocol = answer(opening, selected: agreement.subprotocol)
    let deflate = opening.service.deflate.client.agreement(offers: opening.request.extensions)
    let headers =
      opening.request.responseHeaders(subprotocol: subprotocol, extensions: deflate.map { [$0.header] } ?? []) + admitted.headers
    let owed = HTTPAnswer.head(status: 101, headers: headers.map { ($0.name, $0.value) }) + "\r\n"

    for notice in admitted.notices { notice.log(to: core.logger, session: opening.connection.session) }
    let meters = admitted.meters
    let terms = opening.service.terms(under: admitted.tier)
    let ticket = SessionTicket(
      admitted, core: core, session: opening.connection.session, service: opening.service, ready: ready - opening.started)
    guard var ends = await opening.connection.leave(with: upstream, owed: Array(owed.utf8)) else {
      throw Refusal(.upstreamUnreachable)
    }
    ends.downstream.compression = deflate.map { LegTransport.Compression($0.parameters, opening.service.deflate.client) }
    ends.upstream.compression = agreement.deflate.map { LegTransport.Compression($0, opening.service.deflate.upstream) }
    let inspectors = opening.service.inspection.inspectors(meters: meters, query: composed.url.query) { ticket.note($0) }
    ticket.opened()
    let (id, reactor) = core.nextSession()
    reactor.open(
      RelayParcel(
        id: id, downstream: ends.downstream, upstream: ends.upstream, terms: terms, makeInspectors: inspectors
      ) { outcome in ticket.ended(outcome) })
  }

  private func admit(_ opening: Opening, _ snapshot: Snapshot) throws(Refusal) -> Admitted {
    let head = opening.head
    let forwarding = ForwardingHeaders(
      forwarded: head.values("Forwarded"), forwardedFor: head.values("X-Forwarded-For"), realIP: head.values("X-Real-IP"))
    let client = ClientAddress(peer: opening.connection.peer, trusted: snapshot.configuration.trustedProxies, headers: forwarding)
    let origins = head.values("Origin")
    let place: CredentialPlace? =
      switch opening.credential.place {
      case .header(let name) where name.lowercased() == "authorization": .authorization
      case .header: .vendor
      case .query: .query
      case .subprotocol: .subprotocol
      case nil: nil
      }
    let request = AdmissionRequest(
      client: client, ip: core.logged(client), origin: origins.isEmpty ? nil : origins.joined(separator: ", "),
      credential: opening.credential.credential, isAmbiguous: opening.credential.isAmbiguous, place: place)
    return try core.admission.admit(request, policy: opening.service.policy, now: .now)
  }

  /// What the upstream is asked for.
  private func compose(_ opening: Opening) throws(Refusal) -> UpstreamRequest {
    do throws(EndpointError) {
      let secret = opening.service.upstream.secret?.reveal()
      return try opening.service.endpoint.request(opening.credential.request, secret: secret, uuid: UUIDText.random())
    } catch {
      core.logger.warning("upstream request", metadata: ["route": "\(opening.service.name)", "error": "\(error)"])
      switch error.status {
      case 404: throw Refusal(.notFound)
      case 400: throw Refusal(.badRequest, message: error.description)
      default: throw Refusal(.misconfigured)
      }
    }
  }

  private func target(_ request: UpstreamRequest, _ opening: Opening) throws(Refusal) -> DialTarget {
    let upstream = opening.service.upstream
    let deflate = opening.service.deflate.upstream
    let isSecure = request.scheme == "wss"
    var random = SystemRandomNumberGenerator()
    do throws(ClientOpeningError) {
      let handshake = try ClientOpening(
        host: request.url.authority, path: request.target, subprotocols: request.subprotocols,
        extensions: deflate.offer.map { [$0] } ?? [], headers: request.headers.map { (name: $0.0, value: $0.1) }, using: &random)
      if let simulator = upstream.simulator {
        return DialTarget(host: "127.0.0.1", port: simulator.port, tls: nil, opening: handshake, deflate: deflate)
      }
      return DialTarget(
        host: request.host, port: request.port, tls: isSecure ? upstream.tls : nil, opening: handshake, deflate: deflate)
    } catch {
      core.logger.warning("upstream request", metadata: ["route": "\(opening.service.name)", "error": "\(error)"])
      throw Refusal(.misconfigured)
    }
  }

  private func dial(_ target: DialTarget, _ opening: Opening, ip: String) async throws(Refusal) -> NIOLoopBound<DialedEnd> {
    let name = opening.service.upstream.name
    let began = NIODeadline.now()
    do throws(DialFailure) {
      let end = try await Dialer(loop: opening.connection.loop).dial(target, budget: opening.service.dialBudget)
      core.metrics.dialSeconds(name).observe(milliseconds: (NIODeadline.now() - began).nanoseconds / 1_000_000)
      return end
    } catch {
      core.metrics.dialFailures(name, error.name).add(1)
      switch error {
      case .refused(let status):
        throw Refusal(.upstreamRefused, event: .upstreamRefused(ip: ip, upstream: name, status: status))
      case .timedOut:
        throw Refusal(.upstreamTimeout, event: .upstreamTimeout(ip: ip, upstream: name, phase: "dial"))
      case .cancelled:
        throw Refusal(.upstreamUnreachable)
      default:
        throw Refusal(.upstreamUnreachable, event: .upstreamUnreachable(ip: ip, upstream: name, error: "\(error.name) \(error.detail)"))
      }
    }
  }

  /// A route's own list of subprotocols, else the vendor's rule, else what the upstream chose.
  private func answer(_ opening: Opening, selected: String?) -> String? {
    let own = opening.service.route.subprotocols
    if let choice = own.first(where: opening.credential.echoable.contains) { return choice }
    return opening.credential.answer(selected: selected, descriptor: opening.service.upstream.descriptor)
  }

  // MARK: No

  func refused(_ refusal: Refusal) {
    core.metrics.refusals("", refusal.type).add(1)
  }

  private func refuse(
    _ refusal: Refusal, _ opening: Opening?, _ service: RouteService, _ head: RequestHead, _ connection: AcceptedConnection
  ) async {
    // A client that went away while the upstream was dialled was not refused.
    if !Task.isCancelled { core.metrics.refusals(service.name, refusal.type).add(1) }
    refusal.event?.log(to: core.logger, session: connection.session)
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
