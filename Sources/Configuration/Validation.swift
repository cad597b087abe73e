import YAML

/// What no single field can tell: names that must exist elsewhere, and what is dangerous.
///
/// The dangerous is an error in production and a warning in development, where people try things out.
struct Validation {
  let configuration: GatewayConfiguration
  /// The document, for places.
  let root: Node
  let environment: [String: String]
  /// Vendors of the catalogue.
  let knownVendors: [String]
  var reader: Reader

  static func run(
    _ configuration: GatewayConfiguration, root: Node, environment: [String: String], knownVendors: [String], reader: inout Reader
  ) {
    var validation = Validation(
      configuration: configuration, root: root, environment: environment, knownVendors: knownVendors, reader: reader)
    validation.checkListeners()
    validation.checkAuthentication()
    validation.checkUpstreams()
    validation.checkRoutes()
    validation.checkPages()
    reader = validation.reader
  }

  private mutating func checkListeners() {
    var seen: [ListenAddress: Mark] = [:]
    for (index, listener) in configuration.listeners.enumerated() {
      let node = root["listeners"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil }
      let mark = node?["address"]?.start ?? node?.start ?? .start
      if let first = seen[listener.address], !listener.address.hasAnyPort {
        reader.error(
          "listener \(index + 1) has the same address as an earlier one", at: mark, related: .init(mark: first, note: "first given here"))
      }
      seen[listener.address] = seen[listener.address] ?? mark
      if listener.proxyProtocol != .off, configuration.trustedProxies.isEmpty {
        let effect = listener.proxyProtocol == .require ? "every connection is refused" : "it has no effect"
        let message =
          "'proxy_protocol' of listener \(index + 1) is believed from nobody, so \(effect): name the proxies in 'trusted_proxies'"
        let key = node?.entry("proxy_protocol")?.key.start
        if listener.proxyProtocol == .require { reader.error(message, at: key) } else { reader.warning(message, at: key) }
      }
      if let tls = listener.tls {
        checkFile(tls.certificate, "certificate of listener \(index + 1)", at: node?.descendant(["tls", "certificate"]))
        checkFile(tls.key, "key of listener \(index + 1)", at: node?.descendant(["tls", "key"]), isPrivate: true)
        checkFile(tls.clientCA, "client_ca of listener \(index + 1)", at: node?.descendant(["tls", "client_ca"]))
      } else if configuration.trustedProxies.isEmpty, configuration.environment == .production || !listener.address.isLocal {
        danger(
          "listener \(index + 1) has no TLS and no 'trusted_proxies' before it: tokens and speech cross the network in the clear", at: mark)
      }
    }
    if root["environment"] == nil, let index = configuration.listeners.firstIndex(where: { !$0.address.isLocal }) {
      let node = root["listeners"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil }
      reader.warning(
        "listener \(index + 1) can be reached by others and 'environment' is not set, so this is a development gateway: what is dangerous is "
          + "only warned of; say 'environment: production', or 'development' if that is meant",
        at: node?["address"]?.start ?? node?.start)
    }
    for (index, network) in configuration.trustedProxies.enumerated() where network.length == 0 {
      let mark = root["trusted_proxies"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index].start : nil }
      danger("trusted proxy \(network) is everybody: any client can claim any address, and so escape every limit", at: mark)
    }
  }

  private mutating func checkAuthentication() {
    for (name, method) in configuration.authentication.sorted(by: { $0.key < $1.key }) {
      let node = root.descendant(["authentication", name])
      switch method {
      case .jwt(let method):
        checkStrength(of: method, name, at: node)
        checkFile(method.publicKey, "public_key of authentication '\(name)'", at: node?["public_key"])
        checkFile(method.jwksFile, "jwks_file of authentication '\(name)'", at: node?["jwks_file"])
      case .apiKey(let method): checkFile(method.file, "file of authentication '\(name)'", at: node?["file"])
      case .sessionToken(let method): checkSessionToken(method, name, at: node)
      case .mutualTLS:
        if !configuration.listeners.contains(where: { $0.tls?.clientCA != nil }) {
          reader.warning("authentication '\(name)' will refuse everybody: no listener has 'client_ca'", at: node?.start)
        }
      case .forward, .introspection: break
      }
      checkEndpoint(of: method, name, at: node)
    }
  }

  private mutating func checkSessionToken(_ method: SessionTokenMethod, _ name: String, at node: Node?) {
    let owner = "authentication '\(name)'"
    checkNames(method.authentication, in: owner, at: node?["authentication"])
    if method.authentication == RouteAuthentication.none {
      danger("\(owner) gives tokens to anybody who reaches it", at: node?["authentication"]?.start)
    }
    if method.authentication?.names.contains(name) ?? false {
      reader.error("\(owner) asks for a token before it gives one out", at: node?["authentication"]?.start)
    }
    let mark = node?["path"]?.start ?? node?.start
    if method.path == "/health" || method.path == "/ready" || configuration.routes.contains(where: { $0.path.description == method.path }) {
      reader.error("'path' in \(owner) is another page's already: '\(method.path)'", at: mark)
    }
    for (other, entry) in configuration.authentication where other < name {
      guard case .sessionToken(let earlier) = entry, earlier.path == method.path else { continue }
      reader.error("'path' in \(owner) is that of authentication '\(other)' already; give one of them another", at: mark)
    }
  }

  /// Keys, tokens and answers that cross a network in the clear are anybody's.
  private mutating func checkEndpoint(of method: AuthenticationMethod, _ name: String, at node: Node?) {
    guard let endpoint = method.endpoint, node?[endpoint.key] != nil else { return }
    let phrase = "'\(endpoint.key)' in authentication '\(name)'"
    do throws(WebSocketURL.Problem) {
      let url = try WebSocketURL(http: endpoint.url)
      guard !url.isSecure, !endpoint.plainHTTP, url.host != "localhost", IPAddress(url.host)?.isLoopback != true else { return }
      reader.error(
        "\(phrase) must begin with https://; for http:// beyond this machine say 'plain_http: true'", at: node?[endpoint.key]?.start)
    } catch {
      reader.error("\(phrase) must have a valid host, port and path", at: node?[endpoint.key]?.start)
    }
  }

  private mutating func checkStrength(of method: JWTMethod, _ name: String, at node: Node?) {
    let mark = node?["secret"]?.start
    switch method.secret {
    // A command is not run only to check a file.
    case nil, .command, .vault, .awsSecret, .fields: return
    case .environment, .file: break
    }
    do throws(SecretError) {
      guard let secret = try method.secret?.resolve(environment: environment), secret.byteCount < 32 else { return }
      danger(
        """
        the secret of authentication '\(name)' has \(secret.byteCount) bytes; it needs at least 32, or it can be guessed offline (RFC \
        7518 section 3.2)
        """,
        at: mark)
    } catch {
      reader.warning("authentication '\(name)' will refuse everybody: \(error)", at: mark)
    }
  }

  private mutating func checkUpstreams() {
    let vendors = knownVendors + configuration.vendors.keys.sorted()
    for (name, upstream) in configuration.upstreams.sorted(by: { $0.key < $1.key }) {
      let node = root.descendant(["upstreams", name])
      if let vendor = upstream.vendor, !vendors.contains(vendor) {
        reader.error(
          "unknown vendor '\(Quote.plain(vendor))' in upstream '\(name)'", at: node?["vendor"]?.start,
          suggestion: Suggestion.nearest(to: vendor, among: vendors))
      }
      if let url = upstream.url, !url.isSecure, !url.isPrivate {
        danger("upstream '\(name)' is dialled without TLS and is neither loopback nor private: use wss://", at: node?["url"]?.start)
      }
      checkFile(upstream.tls.ca, "ca of upstream '\(name)'", at: node?.descendant(["tls", "ca"]))
      for (index, fallback) in upstream.fallbacks.enumerated() where configuration.upstreams[fallback] == nil {
        let item = node?["fallbacks"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        unknown("upstream", fallback, in: "fallbacks of upstream '\(name)'", configuration.upstreams.keys, at: item?.start)
      }
      if let index = upstream.fallbacks.firstIndex(of: name) {
        let item = node?["fallbacks"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        reader.error("upstream '\(name)' is its own fallback", at: item?.start)
      }
      for (index, endpoint) in upstream.endpoints.enumerated() {
        guard let url = endpoint.url, !url.isSecure, !url.isPrivate else { continue }
        danger(
          "endpoint \(index + 1) of upstream '\(name)' is dialled without TLS and is neither loopback nor private: use wss://",
          at: node?["endpoints"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index]["url"]?.start : nil })
      }
    }
  }

  private mutating func checkRoutes() {
    var seen: [RoutePath: Mark] = [:]
    let paths = configuration.routes.map(\.path.description)
    for route in configuration.routes {
      let name = "route '\(route.path)'"
      guard let entry = root["routes"]?.entry(route.path.description) else { continue }
      let node = entry.value
      seen[route.path] = entry.key.start
      if !route.upstream.isEmpty, configuration.upstreams[route.upstream] == nil {
        unknown("upstream", route.upstream, in: name, configuration.upstreams.keys, at: node["upstream"]?.start)
      }
      for (parameter, values) in route.instead.sorted(by: { $0.key < $1.key }) {
        for (value, other) in values.sorted(by: { $0.key < $1.key }) where !paths.contains(other) {
          unknown("route", other, in: "'instead' of \(name)", paths, at: node.descendant(["instead", parameter, value])?.start)
        }
      }
      if let tier = route.tier, configuration.tiers[tier] == nil {
        unknown("tier", tier, in: name, configuration.tiers.keys, at: place("tier", node)?.start)
      }
      checkNames(route.authentication, in: name, at: place("authentication", node))
      if route.authentication == RouteAuthentication.none {
        danger("\(name) has no authentication: anybody who reaches it spends the vendor's credit", at: place("authentication", node)?.start)
      }
      if route.authentication == RouteAuthentication.none, route.handshake.authenticate == .required {
        reader.error(
          "\(name) will refuse everybody: its 'handshake' requires a token, and its authentication is none",
          at: (place("handshake", node) ?? place("authentication", node))?.start)
      }
      if route.origins.contains(.any) {
        danger("\(name) allows origin '*': any page a visitor opens can use it", at: place("origins", node)?.start)
      }
      for (section, key) in [("timeouts", "head"), ("timeouts", "tls"), ("buffers", "early")] {
        guard let entry = node[section]?.entry(key), key != "early" || !route.handshake.isInside else { continue }
        reader.warning(
          "'\(key)' in \(section) of \(name) has no effect: the route is not known yet; set it in 'defaults'", at: entry.key.start)
      }
      if configuration.upstreams[route.upstream]?.url != nil, route.audio.encoding == nil,
        route.audio.policy != .off || route.tier.flatMap({ configuration.tiers[$0] })?.audio ?? Scoped() != Scoped()
      {
        reader.error(
          "'audio' of \(name) needs an 'encoding', since nothing is known of the audio of a plain url",
          at: (place("audio", node) ?? node)?.start ?? entry.key.start)
      }
      if route.messages.maxFrame > route.messages.maxSize, node["messages"] != nil, node.descendant(["messages", "max_frame"]) != nil {
        reader.warning(
          "'max_frame' in messages of \(name) is above 'max_size' and so has no effect",
          at: node.descendant(["messages", "max_frame"])?.start)
      }
    }
  }

  private mutating func checkPages() {
    let tokenPaths = configuration.authentication.values.compactMap { method in
      if case .sessionToken(let method) = method { method.path } else { nil }
    }
    let taken = Set(configuration.routes.map(\.path.description) + tokenPaths + ["/ready"])
    for (path, section) in configuration.pages.keys.sorted().map({ ($0, "pages") })
      + configuration.pagesOff.keys.sorted().map({ ($0, "pages_off") })
    {
      let mark = root[section]?.entry(path)?.key.start
      if RoutePath(path)?.isPrefix != false {
        reader.error("page '\(Quote.plain(path))' must be a path such as /test", at: mark)
      } else if taken.contains(path) {
        reader.error("page '\(path)' is answered otherwise already", at: mark)
      }
    }
  }

  /// The value that counts for a route: its own, or the one of `defaults`.
  private func place(_ key: String, _ route: Node) -> Node? {
    route[key] ?? root.descendant(["defaults", key])
  }

  private mutating func checkNames(_ authentication: RouteAuthentication?, in owner: String, at node: Node?) {
    for (index, name) in (authentication?.names ?? []).enumerated() {
      let mark = node?.sequence.flatMap { $0.indices.contains(index) ? $0[index].start : nil } ?? node?.start
      guard configuration.authentication[name] == nil else { continue }
      unknown("authentication", name, in: owner, configuration.authentication.keys, at: mark)
    }
  }

  private mutating func unknown(_ noun: String, _ name: String, in owner: String, _ names: some Sequence<String>, at mark: Mark?) {
    reader.error(
      "unknown \(noun) '\(Quote.plain(name))' in \(owner)", at: mark, suggestion: Suggestion.nearest(to: name, among: names.sorted()))
  }

  private mutating func checkFile(_ path: String?, _ name: String, at node: Node?, isPrivate: Bool = false) {
    guard let path, !path.isEmpty, let node else { return }
    if !SmallFile.isReadable(path) {
      reader.error("\(name) cannot be read: '\(Quote.plain(path))'", at: node.start)
    } else if isPrivate, let mode = SmallFile.mode(of: path), mode & 0o007 != 0 {
      reader.warning("\(name) can be read by everybody (mode 0\(String(mode, radix: 8))); make it 0600", at: node.start)
    }
  }

  private mutating func danger(_ message: String, at mark: Mark?) {
    if configuration.environment == .production { reader.error(message, at: mark) } else { reader.warning(message, at: mark) }
  }
}

extension ListenAddress {
  /// Port 0 is another one each time.
  fileprivate var hasAnyPort: Bool {
    if case .network(_, 0) = self { true } else { false }
  }
}
