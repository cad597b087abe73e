import Configuration
import Guards
import TLS
import Tokens
import Vendors

/// What stands in the way of serving a configuration, in its own words: a secret that cannot be had, a URL that cannot be composed.
public struct SnapshotFailure: Error, CustomStringConvertible {
  public let problems: [String]
  public var description: String { problems.joined(separator: "; ") }
}

/// Compiles a checked configuration: fetches secrets, builds guards, endpoints and TLS contexts.
struct SnapshotBuilder {
  let configuration: GatewayConfiguration
  let catalogue: Catalogue
  let environment: [String: String]
  /// The simulator that stands in for a vendor's entry, where one runs.
  let simulators: [String: UpstreamService.Simulation]
  let simulate: SimulationMode
  let callers: CallerServices

  func build() throws(SnapshotFailure) -> Snapshot {
    var problems: [String] = []
    var upstreams: [String: UpstreamService] = [:]
    for (name, upstream) in configuration.upstreams.sorted(by: { $0.key < $1.key }) {
      do {
        upstreams[name] = try service(name, upstream)
      } catch {
        problems.append("upstream '\(name)': \(error)")
      }
    }
    let (methods, apiKeys) = methods(&problems)
    var routes: [RouteService] = []
    for route in configuration.routes {
      guard let upstream = upstreams[route.upstream], let settings = configuration.upstreams[route.upstream] else { continue }
      let tier = route.tier.flatMap { configuration.tiers[$0] }
      do {
        let endpoint = try endpoint(settings, upstream.descriptor, route: route)
        routes.append(try RouteService(route, policy: policy(route, tier, methods), upstream: upstream, endpoint: endpoint, tier: tier))
      } catch {
        problems.append("route '\(route.path)': \(error)")
      }
    }
    guard problems.isEmpty else { throw SnapshotFailure(problems: problems) }
    callers.fetch.allowPlain(configuration.plainEndpoints)
    return Snapshot(configuration, routes: routes, tokenEndpoints: tokenEndpoints(methods, routes), apiKeys: apiKeys)
  }

  // MARK: Upstreams

  private func service(_ name: String, _ upstream: Upstream) throws -> UpstreamService {
    let descriptor = upstream.vendor.flatMap { catalogue[$0] }
    let secret = try? upstream.credential?.resolve(environment: environment)
    let endpoint = try endpoint(upstream, descriptor, route: nil)
    let isSimulated = simulate.standsIn(hasSecret: secret != nil, wantsSecret: endpoint.credentialPlacement != nil)
    let simulator = isSimulated ? upstream.vendor.flatMap { simulators[$0] } : nil
    let isSecure = endpoint.base?.scheme == "wss" && simulator == nil
    let tls = isSecure ? try TLSContext(client: ClientSettings(trust: upstream.tls.ca.map { .only(.file($0)) } ?? .system)) : nil
    return UpstreamService(
      name: name, descriptor: descriptor, secret: simulator?.secret ?? secret, tls: tls, dialBudget: upstream.timeouts.dial,
      simulator: simulator)
  }

  /// The upstream as one route uses it: the route's rules come before the upstream's, the vendor's own come last.
  private func endpoint(_ upstream: Upstream, _ descriptor: VendorDescriptor?, route: Route?) throws -> Endpoint {
    var variables: [String: String] = [:]
    for (key, value) in upstream.variables { variables[key] = try text(value) }
    let settings = UpstreamSettings(
      variables: variables, region: upstream.region, query: (route.map { [QueryRules($0.query)] } ?? []) + [QueryRules(upstream.query)],
      headers: try upstream.headers.sorted { $0.key < $1.key }.map { ($0.key, try text($0.value)) }, forwardHeaders: route?.headers ?? [])
    if let descriptor { return try Endpoint(descriptor: descriptor, settings: settings) }
    return try Endpoint(url: upstream.url?.description ?? "", settings: settings)
  }

  private func text(_ value: ConfiguredText) throws -> String {
    switch value {
    case .text(let text): text
    case .secret(let reference): try reference.resolve(environment: environment).reveal()
    }
  }

  // MARK: Guards

  /// The guards of all methods, and what to look at from time to time for them.
  private func methods(_ problems: inout [String]) -> (guards: [String: any CallerGuard], apiKeys: [APIKeyWatch]) {
    let builder = GuardBuilder(environment: environment, sessionTokens: callers.sessionTokens, issuers: callers.issuers)
    var guards: [String: any CallerGuard] = [:]
    var apiKeys: [APIKeyWatch] = []
    for (name, method) in configuration.authentication.sorted(by: { $0.key < $1.key }) {
      do {
        if case .apiKey(let method) = method {
          // Looked at before the guard reads it: a change in between is seen at the next look.
          var file = APIKeyFile(method.file)
          _ = try file.read()
          let keys = try builder.apiKey(method)
          apiKeys.append(APIKeyWatch(name, keys, file: file))
          guards[name] = keys
        } else {
          guards[name] = try builder.make(name, method)
        }
      } catch {
        problems.append("authentication '\(name)': \(error)")
      }
    }
    return (guards, apiKeys)
  }

  /// The paths that give out tokens which some route takes.
  private func tokenEndpoints(_ guards: [String: any CallerGuard], _ routes: [RouteService]) -> [TokenEndpoint] {
    configuration.authentication.sorted { $0.key < $1.key }.compactMap { name, method in
      let takers = routes.filter { $0.route.authentication?.names.contains(name) ?? false }
      guard case .sessionToken(let method) = method, let tokens = guards[name] as? SessionTokenGuard, !takers.isEmpty else { return nil }
      let credentials = method.authentication?.names.compactMap { guards[$0] } ?? []
      return TokenEndpoint(method, tokens: tokens, credentials: credentials, routes: takers)
    }
  }

  private func policy(_ route: Route, _ tier: Tier?, _ methods: [String: any CallerGuard]) -> RoutePolicy {
    var policy = RoutePolicy(route.path.description)
    policy.enabled = route.enabled.isOn(environment: environment)
    policy.networks = NetworkGuard(allowed: route.networks.allow, denied: route.networks.deny)
    policy.failures = configuration.failures.value.map { Allowance($0) }
    policy.origin = OriginGuard(route.origins, allowsMissing: route.missingOrigin == .allow)
    policy.credentials = route.authentication?.names.compactMap { methods[$0] } ?? []
    if let tier, let name = route.tier { policy.tier = TierPolicy(name, tier) }
    if configuration.namesTiers(route.authentication) {
      for (name, tier) in configuration.tiers { policy.tiers[name] = TierPolicy(name, tier) }
    }
    return policy
  }
}

extension GatewayConfiguration {
  /// Whether credentials of these methods may say which tier holds for their caller.
  ///
  /// - Parameter depth: of session tokens that are fetched with session tokens.
  fileprivate func namesTiers(_ authentication: RouteAuthentication?, depth: Int = 0) -> Bool {
    guard let authentication, depth < 8 else { return false }
    return authentication.names.contains { name in
      switch self.authentication[name] {
      case .jwt(let method): method.tierClaim != nil
      case .apiKey, .forward: true
      case .sessionToken(let method): namesTiers(method.authentication, depth: depth + 1)
      case .introspection, .mutualTLS, nil: false
      }
    }
  }

  /// Host and port of what may be asked in the clear beyond this machine.
  fileprivate var plainEndpoints: Set<String> {
    Set(authentication.values.compactMap(\.endpoint).filter(\.plainHTTP).compactMap { try? WebSocketURL(http: $0.url).authority })
  }
}

/// Which upstreams the vendors' simulators stand in for.
public enum SimulationMode: String, Sendable, CaseIterable {
  case none
  /// Those whose credential is not set.
  case missing
  case all

  func standsIn(hasSecret: Bool, wantsSecret: Bool) -> Bool {
    switch self {
    case .none: false
    case .missing: wantsSecret && !hasSecret
    case .all: true
    }
  }
}

extension QueryRules {
  init(_ query: UpstreamQuery) {
    self.init(defaults: Self.pairs(query.defaults), forced: Self.pairs(query.forced))
  }

  /// What a route says of the client's parameters.
  init(_ query: RouteQuery) {
    self.init(
      forced: Self.pairs(query.forced), allow: query.pass.contains("*") ? nil : query.pass + query.forced.keys, deny: query.drop,
      rename: query.rename)
  }

  private static func pairs(_ values: [String: [String]]) -> [Pair] {
    values.sorted { $0.key < $1.key }.flatMap { name, values in values.map { Pair(name, $0) } }
  }
}
