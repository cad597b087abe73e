import Configuration

/// The configuration as it is in force, compiled: routes by path, upstreams with their secrets. Sessions keep the one they opened with.
struct Snapshot: Sendable {
  let configuration: GatewayConfiguration
  let routes: [RouteService]
  private let exact: [String: RouteService]
  /// Longest base first, so that the first that fits is the most specific.
  private let prefixes: [RouteService]

  init(_ configuration: GatewayConfiguration, routes: [RouteService]) {
    self.configuration = configuration
    self.routes = routes
    exact = Dictionary(routes.filter { !$0.route.path.isPrefix }.map { ($0.route.path.base, $0) }) { first, _ in first }
    prefixes = routes.filter(\.route.path.isPrefix).sorted { $0.route.path.base.count > $1.route.path.base.count }
  }

  /// The route of a request path, and what is left of the path for the upstream.
  func match(_ path: String) -> (service: RouteService, rest: String)? {
    if let service = exact[path] { return (service, "") }
    for service in prefixes {
      if let rest = service.route.path.rest(of: path) { return (service, rest) }
    }
    return nil
  }
}
