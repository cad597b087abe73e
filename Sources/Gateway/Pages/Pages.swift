import Guards
import JSON
import Telemetry

/// The plain HTTP answers of the clients' address: health, readiness, session tokens, and what the table has
/// of its own. Whatever else is asked for does not exist.
struct Pages: Sendable {
  let core: GatewayCore
  /// Nil at the operator's address.
  var playground: PlaygroundPages?

  func serve(_ head: RequestHead, on connection: AcceptedConnection) async {
    var answer = await answer(head, connection)
    if let crossOrigin = core.snapshot.crossOrigin(head.path), !head.isPreflight {
      answer.headers += crossOrigin.headers(for: head.origin)
    }
    core.metrics.httpRequests("\(answer.status)").add()
    await connection.answer(answer, withBody: head.method != "HEAD")
  }

  private func answer(_ head: RequestHead, _ connection: AcceptedConnection) async -> HTTPAnswer {
    let snapshot = core.snapshot
    if head.isPreflight, let crossOrigin = snapshot.crossOrigin(head.path) {
      return preflight(head.origin ?? "", head, crossOrigin, connection, snapshot)
    }
    if let endpoint = snapshot.tokenEndpoints[head.path] { return await endpoint.answer(head, on: connection, core) }
    guard let page = page(head, connection, snapshot) else {
      if let answer = await playground?.answer(head, on: connection) { return answer }
      guard head.asksForUpgrade else { return HTTPAnswer.text("Not Found\n", status: 404) }
      // Who wants a socket is told as on every other path.
      let refusal = Refusal(.notFound)
      core.metrics.refusals("", refusal.type).add(1)
      return HTTPAnswer(refusal, session: connection.session)
    }
    guard head.method == "GET" || head.method == "HEAD" else {
      var answer = HTTPAnswer.text("Method Not Allowed\n", status: 405)
      answer.headers.append(("Allow", "GET, HEAD"))
      return answer
    }
    do throws(Refusal) {
      let budget = try take(head, connection, snapshot)
      var answer = page()
      answer.headers += (budget?.headers ?? []).map { ($0.name, $0.value) }
      return answer
    } catch {
      error.event?.log(to: core.logger, of: connection.label)
      core.metrics.refusals(head.path, error.type).add()
      return HTTPAnswer(error, session: connection.session)
    }
  }

  private func page(_ head: RequestHead, _ connection: AcceptedConnection, _ snapshot: Snapshot) -> (() -> HTTPAnswer)? {
    let off = snapshot.routes.contains(where: core.isOn) ? nil : snapshot.infoPagesOff[head.path]
    if let info = off ?? snapshot.infoPages[head.path] {
      return { HTTPAnswer.json(info.body(host: head.values("Host").first ?? "", at: .now()), status: off == nil ? 200 : 503) }
    }
    return switch head.path {
    case "/health": { HTTPAnswer.json(JSONValue.object(["status": "ok"]).serialize()) }
    case "/ready": { ready(port: connection.localPort, isTLS: connection.isTLS) }
    default: nil
    }
  }

  /// Takes one request of the limit on pages, which `/health` has none of: probes come often, and all from one address.
  private func take(_ head: RequestHead, _ connection: AcceptedConnection, _ snapshot: Snapshot) throws(Refusal) -> Budget? {
    guard head.path != "/health", let limit = snapshot.configuration.pageLimit.value else { return nil }
    let client = connection.client
    return try core.admission.request(client, ip: core.logged(client), path: head.path, of: "pages", limit: Allowance(limit), now: .now)
  }

  private func preflight(
    _ origin: String, _ head: RequestHead, _ crossOrigin: CrossOrigin, _ connection: AcceptedConnection, _ snapshot: Snapshot
  ) -> HTTPAnswer {
    if let answer = crossOrigin.preflight(origin) { return answer }
    // The page's own request never comes, so this is where an operator can see it.
    let ip = core.logged(connection.client)
    SecurityEvent.blockedInvalidOrigin(ip: ip, origin: origin).log(to: core.logger, of: connection.label)
    return HTTPAnswer(Refusal(.forbiddenOrigin), session: connection.session)
  }

  /// Whether sessions are taken, and what each route stands at.
  private func ready(port: Int, isTLS: Bool) -> HTTPAnswer {
    guard !core.isLeaving else {
      return HTTPAnswer.json(JSONValue.object(["status": "draining"]).serialize(), status: 503)
    }
    // The whole gateway was switched off: nobody should be sent here.
    guard core.admission.switches.isOn else {
      return HTTPAnswer.json(JSONValue.object(["status": "disabled"]).serialize(), status: 503)
    }
    let routes = core.snapshot.routes
    var services: [(String, JSONValue)] = []
    for service in routes where !services.contains(where: { $0.0 == service.upstream.name }) {
      // The first of its routes that is open speaks for an upstream.
      let open = routes.first { $0.upstream.name == service.upstream.name && core.isOn($0) }
      services.append((service.upstream.name, ["enabled": .bool(open != nil), "path": open.map { .string($0.name) } ?? .null]))
    }
    let details = routes.map { service -> (String, JSONValue) in
      let fields: JSONValue = [
        "enabled": .bool(core.isOn(service)), "upstream": .string(service.upstream.name),
        "simulated": .bool(service.upstream.isSimulated),
      ]
      return (service.name, fields)
    }
    let body: JSONValue = [
      "status": "ready", "port": .int(Int64(port)), "https": .bool(isTLS),
      "services": .object(JSONObject(services.map { .init($0.0, $0.1) })),
      "routes": .object(JSONObject(details.map { .init($0.0, $0.1) })),
    ]
    return HTTPAnswer.json(body.serialize())
  }
}
