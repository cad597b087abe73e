import Guards
import JSON
import Telemetry

/// The plain HTTP answers of the clients' address: health, readiness, session tokens, and what the table has
/// of its own. Whatever else is asked for does not exist.
struct Pages: Sendable {
  let core: GatewayCore

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
    return page()
  }

  private func page(_ head: RequestHead, _ connection: AcceptedConnection, _ snapshot: Snapshot) -> (() -> HTTPAnswer)? {
    if let info = snapshot.infoPages[head.path] {
      return { HTTPAnswer.json(info.body(host: head.values("Host").first ?? "", at: .now())) }
    }
    return switch head.path {
    case "/health": { HTTPAnswer.json(JSONValue.object(["status": "ok"]).serialize()) }
    case "/ready": { ready(port: connection.localPort, isTLS: connection.isTLS) }
    default: nil
    }
  }

  private func preflight(
    _ origin: String, _ head: RequestHead, _ crossOrigin: CrossOrigin, _ connection: AcceptedConnection, _ snapshot: Snapshot
  ) -> HTTPAnswer {
    if let answer = crossOrigin.preflight(origin) { return answer }
    // The page's own request never comes, so this is where an operator can see it.
    let ip = core.logged(core.client(of: head, peer: connection.peer, snapshot))
    SecurityEvent.blockedInvalidOrigin(ip: ip, origin: origin).log(to: core.logger, session: connection.session)
    return HTTPAnswer(Refusal(.forbiddenOrigin), session: connection.session)
  }

  /// Whether sessions are taken, and what each route stands at.
  private func ready(port: Int, isTLS: Bool) -> HTTPAnswer {
    guard !core.admission.isDraining else {
      return HTTPAnswer.json(JSONValue.object(["status": "draining"]).serialize(), status: 503)
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
