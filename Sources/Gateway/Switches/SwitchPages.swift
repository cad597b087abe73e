import Guards
import JSON
import NIOCore

/// The kill switches at the operator's address: `GET /routes`, `PUT /enabled` and `PUT /routes/PATH/enabled`.
struct SwitchPages: Sendable {
  let core: GatewayCore

  /// Bytes of a body: `true` or `false`, and blanks.
  private static let mostBody = 64

  /// The answer; nil where the path is none of these.
  func answer(_ head: RequestHead, on connection: AcceptedConnection) async -> HTTPAnswer? {
    if head.path == "/routes" { return head.method == "GET" || head.method == "HEAD" ? list() : .notAllowed("GET, HEAD") }
    guard let route = Self.route(head.path) else { return nil }
    guard head.method == "PUT" else { return .notAllowed("PUT") }
    if let route, !core.snapshot.routes.contains(where: { $0.name == route }) { return HTTPAnswer.text("No such route\n", status: 404) }
    do throws(Refusal) {
      let body = try await connection.body(of: head, most: Self.mostBody, within: .seconds(5))
      let word = String(decoding: body, as: UTF8.self).filter { !$0.isWhitespace }
      guard let isOn = Bool(word) else { return HTTPAnswer.text("The body must be true or false\n", status: 400) }
      turn(route, isOn)
      return list()
    } catch {
      return HTTPAnswer(error, session: connection.session)
    }
  }

  /// The route of a switch's path: nil inside for the whole gateway, nil outside for another page.
  static func route(_ path: String) -> String?? {
    if path == "/enabled" { return .some(nil) }
    guard path.hasPrefix("/routes/"), path.hasSuffix("/enabled"), path.utf8.count > "/routes/enabled".utf8.count else { return nil }
    // Some clients write `*` as `%2A`.
    return String(path.dropFirst("/routes".count).dropLast("/enabled".count)).replacing("%2A", with: "*").replacing("%2a", with: "*")
  }

  private func turn(_ route: String?, _ isOn: Bool) {
    if let route {
      core.admission.switches.turn(route: route, isOn, by: .admin)
    } else {
      core.admission.switches.turn(isOn, by: .admin)
    }
    core.logger.notice("switched", metadata: ["route": "\(route ?? "all")", "enabled": .stringConvertible(isOn), "by": "admin"])
  }

  /// Every route, whether it takes sessions, and who says that it does not.
  private func list() -> HTTPAnswer {
    let off = core.admission.switches.listing
    func sources(_ route: String?) -> [String] { off.filter { $0.route == route }.flatMap(\.by).map(\.rawValue).sorted() }
    func names(_ sources: [String]) -> JSONValue { .array(sources.map { .string($0) }) }
    let routes = core.snapshot.routes.map { service -> JSONValue in
      let by = (service.policy.enabled ? [] : ["configuration"]) + sources(service.name)
      return [
        "path": .string(service.name), "upstream": .string(service.upstream.name), "enabled": .bool(core.isOn(service)),
        "off_by": names(by),
      ]
    }
    let gateway = sources(nil)
    return HTTPAnswer.json(
      JSONValue.object(["enabled": .bool(gateway.isEmpty), "off_by": names(gateway), "routes": .array(routes)]).serialize())
  }
}

extension GatewayCore {
  /// Whether a route takes new sessions, as far as switches go.
  func isOn(_ service: RouteService) -> Bool { service.policy.enabled && admission.switches.isOn(route: service.name) }
}
