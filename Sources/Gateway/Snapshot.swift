import Configuration
import Vendors

/// The configuration as it is in force, compiled: routes by path, upstreams with their secrets. Sessions keep the one they opened with.
struct Snapshot: Sendable {
  let configuration: GatewayConfiguration
  let routes: [RouteService]
  /// Those of the configuration, whether a route leads there or not.
  let upstreams: [UpstreamService]
  /// By path.
  let tokenEndpoints: [String: TokenEndpoint]
  /// By path.
  let infoPages: [String: InfoPage]
  /// By path: what it answers while no route is on.
  let infoPagesOff: [String: InfoPage]
  /// By the route's name, in development: where tokens that it takes can be minted.
  let developmentTokens: [String: DevelopmentToken]
  /// Files to look at from time to time.
  let apiKeys: [APIKeyWatch]
  /// Bearer token of the operator's address; nil where it has none.
  let adminToken: Secret?
  /// The upstreams' secrets as they were read for it.
  let secrets: [StagedSecret]
  private let exact: [String: RouteService]
  /// Longest base first, so that the first that fits is the most specific.
  private let prefixes: [RouteService]

  init(
    _ configuration: GatewayConfiguration, routes: [RouteService], upstreams: [UpstreamService], tokenEndpoints: [TokenEndpoint],
    developmentTokens: [String: DevelopmentToken] = [:], apiKeys: [APIKeyWatch], adminToken: Secret? = nil, secrets: [StagedSecret] = []
  ) {
    self.configuration = configuration
    self.developmentTokens = developmentTokens
    self.routes = routes
    self.upstreams = upstreams
    self.tokenEndpoints = Dictionary(tokenEndpoints.map { ($0.path, $0) }) { first, _ in first }
    self.apiKeys = apiKeys
    self.adminToken = adminToken
    self.secrets = secrets
    infoPages = configuration.pages.compactMapValues { InfoPage($0) }
    infoPagesOff = configuration.pagesOff.compactMapValues { InfoPage($0) }
    exact = Dictionary(routes.filter { !$0.route.path.isPrefix }.map { ($0.route.path.base, $0) }) { first, _ in first }
    prefixes = routes.filter(\.route.path.isPrefix).sorted { $0.route.path.base.count > $1.route.path.base.count }
  }

  private func isPage(_ path: String) -> Bool { infoPages[path] != nil || infoPagesOff[path] != nil }

  /// The route of a request path, and what is left of the path for the upstream.
  func match(_ path: String) -> (service: RouteService, rest: String)? {
    if let service = exact[path] { return (service, "") }
    // A page is exact, and so comes before whatever ends in `/*`.
    if tokenEndpoints[path] != nil || isPage(path) { return nil }
    for service in prefixes {
      if let rest = service.route.path.rest(of: path) { return (service, rest) }
    }
    return nil
  }

  /// The route that a request means by its query, where its path's leaves that to it.
  func meant(_ service: RouteService, query: String?) -> RouteService {
    for (parameter, values) in service.route.instead.sorted(by: { $0.key < $1.key }) {
      guard let value = Query(query).values(parameter).first, let path = values[value] else { continue }
      return routes.first { $0.name == path } ?? service
    }
    return service
  }

  /// Which pages may read what a path answers over HTTP; nil where it answers nothing to pages.
  func crossOrigin(_ path: String) -> CrossOrigin? {
    if let endpoint = tokenEndpoints[path] { return endpoint.crossOrigin }
    if path == "/health" || path == "/ready" || isPage(path) {
      return CrossOrigin(origins: routes.flatMap(\.route.origins), settings: configuration.defaults.cors)
    }
    return match(path).map { CrossOrigin(origins: $0.service.route.origins, settings: $0.service.route.cors) }
  }
}
