import YAML

/// The whole of `upstreams.yaml`, read and checked.
public struct GatewayConfiguration: Section, Equatable {
  public var version = 1
  public var environment = DeploymentEnvironment.development
  public var listeners: [Listener] = []
  public var admin: Admin?
  public var trustedProxies: [IPPrefix] = []
  public var enabled = RouteSwitch.fixed(true)
  public var switchesFile: String?
  public var handshakes = Handshakes()
  public var failures = Switched.on(RateLimit(Rate(count: 20, window: .seconds(60))))
  public var authentication: [String: AuthenticationMethod] = [:]
  public var tiers: [String: Tier] = [:]
  /// The user's own vendor descriptors, for whoever knows that format.
  public var vendors: [String: Node] = [:]
  public var upstreams: [String: Upstream] = [:]
  /// Complete: what a route does not say, `defaults` or the built-in default says.
  public var routes: [Route] = []
  public var defaults = Route()
  /// JSON texts by path.
  public var pages: [String: String] = [:]
  /// The same, while no route is on.
  public var pagesOff: [String: String] = [:]
  public var pageLimit = Switched<RateLimit>.off
  public var playground = PlaygroundSwitch.auto
  public var drain = Drain()
  public var logging = LogSettings()
  public var store = StoreSettings.memory
  public var storePassword: SecretReference?
  public var onStoreFailure = StoreSettings.Failure.local

  public init() {}

  public static let section = SectionDescription<GatewayConfiguration>(
    "Configuration",
    """
    The route table. Keys are snake_case, quantities carry their unit (`30s`, `64KiB`, `10/1m`), secrets are references, and an unknown \
    key is an error.
    """,
    fields: [
      Field("version", \.version, .integer(1...1), required: true, "Version of this format: `1`."),
      Field(
        "environment", \.environment, .choice,
        """
        `production` makes errors of what is dangerous: a route without authentication, origin `*`, a `ws://` upstream that is neither \
        loopback nor private, a listener without TLS unless behind `trusted_proxies`, a JWT secret under 32 bytes.
        """),
      Field(
        "listeners", \.listeners, .list(of: .section, noun: "listener", atLeast: 1), required: true,
        "Addresses that clients connect to."),
      Field("admin", \.admin, .section, "The operator's own address."),
      Field(
        "trusted_proxies", \.trustedProxies, .list(of: .network),
        """
        Networks of your own load balancers. Only from them are PROXY headers, `Forwarded`, `X-Forwarded-For` and `X-Real-IP` believed; \
        anybody in them can claim any address.
        """),
      Field(
        "enabled", \.enabled, .routeSwitch,
        "Kill switch of the whole gateway: every route answers 503 when off. Open sessions go on."),
      Field(
        "switches_file", \.switchesFile, .path,
        """
        A file that turns routes off while the gateway runs: a path of `routes` on each line, or `all`. Looked at every second. A file \
        that does not exist turns nothing off.
        """),
      Field("handshakes", \.handshakes, .section, "What clients may hold before they are known."),
      Field(
        "failures", \.failures, .off(or: .rateLimit),
        """
        Wrong credentials of one client address on all routes. Beyond it none is looked at for the rest of the window: 429. `off` lets \
        anybody guess as fast as the network allows.
        """),
      Field(
        "authentication", \.authentication, .map(of: .variant(AuthenticationMethod.variants), noun: "authentication"),
        "Named ways to find out who is calling."),
      Field("tiers", \.tiers, .map(of: .section, noun: "tier"), "Named sets of limits."),
      Field("vendors", \.vendors, .map(of: .node, noun: "vendor"), "Your own vendor descriptors, in the format of the catalogue."),
      Field("upstreams", \.upstreams, .map(of: .section, noun: "upstream"), required: true, "Named servers that routes lead to."),
      Field(
        "defaults", typeName: "Defaults", shape: .section(name: "Defaults") { Route.defaults.shape(defaults: Route()) },
        "What every route starts from."
      ) {
        configuration, node, place, reader in
        if let defaults = reader.read(Route.defaults, from: node, at: place, base: Route(), isPartial: true) {
          configuration.defaults = defaults
        }
      },
      Field(
        "routes", typeName: "mapping of path to Route",
        shape: .map(.section(name: "Route") { Route.section.shape(defaults: Route()) }, keyPattern: "^/"), required: true,
        "Paths that frontends open. The longest path that fits wins; an exact one before one that ends in `/*`."
      ) { configuration, node, place, reader in
        configuration.readRoutes(node, place, &reader)
      },
      Field(
        "pages", \.pages, .map(of: .message, noun: "page", keyPattern: "^/"),
        """
        JSON that paths answer, for frontends that ask before they connect: `/test: {message: running, at: "{time}"}`. In its texts \
        `{time}` is the time, and `{host}` the request's `Host`. `/health` may be one of them, and is then answered like that.
        """),
      Field(
        "pages_off", \.pagesOff, .map(of: .message, noun: "page", keyPattern: "^/"),
        "What the same paths answer, with 503, while every route is switched off."),
      Field(
        "page_limit", \.pageLimit, .off(or: .rateLimit),
        "Requests of one client address for `pages` and `/ready`, of all together. Beyond it: 429. `/health` is not counted."),
      Field(
        "playground", \.playground, .choice,
        """
        The page at `/` to try routes from a browser, unless a route or page has that path: `auto` in development only. It names routes, \
        upstreams and vendors to whoever opens it; with `on`, in development, it also mints tokens for this machine. Described in Playground.md.
        """),
      Field("drain", \.drain, .section, "Shutdown."),
      Field("logging", \.logging, .section, "The log."),
      Field(
        "store", \.store, .store,
        """
        Where windows, quotas and session tokens are kept: `memory`, in this process. A Redis or Valkey URL, for all instances together, \
        is read and checked but not yet in effect.
        """),
      Field("store_password", \.storePassword, .secret, availability: .notYet(), "Password of the store."),
      Field(
        "on_store_failure", \.onStoreFailure, .choice, availability: .notYet(),
        "When the store does not answer: `allow` without limits, `deny`, or count in this process alone."),
    ])

  private mutating func readRoutes(_ node: Node, _ place: Place, _ reader: inout Reader) {
    guard let entries = node.mapping, !entries.isEmpty else {
      reader.mismatch(node, at: place, expected: "a mapping of paths to routes")
      return
    }
    for entry in entries {
      let place = Place.named("route '\(Quote.plain(entry.name))'")
      var base = defaults
      if let path = RoutePath(entry.name) {
        base.path = path
      } else {
        reader.error("\(place.owner) must be a path such as /listen or /openai/*, without query, empty or '..' parts", at: entry.key.start)
      }
      guard let route = reader.read(Route.self, from: entry.value, at: place, base: base) else { continue }
      if route.authentication == nil, entry.value["authentication"] == nil {
        reader.error("missing key 'authentication' in \(place.owner), or in 'defaults'", at: entry.value.start)
      }
      routes.append(route)
    }
  }

  /// The route of a request path, with what is left of the path for the upstream.
  public func route(for path: String) -> (route: Route, rest: String)? {
    var best: (route: Route, rest: String)?
    for route in routes {
      guard let rest = route.path.rest(of: path) else { continue }
      if !route.path.isPrefix { return (route, rest) }
      if best.map({ route.path.base.count > $0.route.path.base.count }) ?? true { best = (route, rest) }
    }
    return best
  }
}
