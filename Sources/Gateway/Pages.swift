import Guards
import JSON

/// The plain HTTP answers of the clients' address: health and readiness. Whatever else is asked for does not exist.
struct Pages: Sendable {
  let core: GatewayCore

  func serve(_ head: RequestHead, on connection: AcceptedConnection) async {
    let answer = answer(head, connection)
    core.metrics.httpRequests("\(answer.status)").add()
    await connection.answer(answer, withBody: head.method != "HEAD")
  }

  private func answer(_ head: RequestHead, _ connection: AcceptedConnection) -> HTTPAnswer {
    let page: (() -> HTTPAnswer)? =
      switch head.path {
      case "/health": { HTTPAnswer.json(JSONValue.object(["status": "ok"]).serialize()) }
      case "/ready": { ready(port: connection.localPort, isTLS: connection.isTLS) }
      default: nil
      }
    guard let page else {
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

  /// Whether sessions are taken, and what each route stands at.
  private func ready(port: Int, isTLS: Bool) -> HTTPAnswer {
    guard !core.admission.isDraining else {
      return HTTPAnswer.json(JSONValue.object(["status": "draining"]).serialize(), status: 503)
    }
    let routes = core.snapshot.routes
    var services: [(String, JSONValue)] = []
    for service in routes where !services.contains(where: { $0.0 == service.upstream.name }) {
      // The first of its routes that is open speaks for an upstream.
      let open = routes.first { $0.upstream.name == service.upstream.name && $0.policy.enabled }
      services.append((service.upstream.name, ["enabled": .bool(open != nil), "path": open.map { .string($0.name) } ?? .null]))
    }
    let details = routes.map { service -> (String, JSONValue) in
      let fields: JSONValue = [
        "enabled": .bool(service.policy.enabled), "upstream": .string(service.upstream.name),
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
