import Configuration
import Guards
import TLS
import Tokens
import Vendors

/// What stands in the way of serving a configuration, in its own words: a secret that cannot be had, a URL that cannot be composed.
public struct SnapshotFailure: Error, CustomStringConvertible {
  public let problems: [SnapshotProblem]
  public var description: String { problems.map(\.description).joined(separator: "; ") }
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
    var problems: [SnapshotProblem] = []
    var upstreams: [String: UpstreamService] = [:]
    var secrets: [StagedSecret] = []
    for (name, upstream) in configuration.upstreams.sorted(by: { $0.key < $1.key }) {
      do {
        upstreams[name] = try upstreamBuilder.service(name, upstream, &secrets)
      } catch let loss as CredentialLoss {
        problems.append(SnapshotProblem("upstream '\(name)'", at: Upstream.path(name, credential: loss.index), loss))
      } catch {
        problems.append(SnapshotProblem("upstream '\(name)'", at: ["upstreams", name] + Self.place(of: error), error))
      }
    }
    let (methods, apiKeys) = methods(&problems)
    var routes: [RouteService] = []
    for route in configuration.routes {
      guard upstreams[route.upstream] != nil else { continue }
      let tier = route.tier.flatMap { configuration.tiers[$0] }
      do {
        let places = try places(route, upstreams)
        routes.append(try RouteService(route, policy: policy(route, tier, methods), upstreams: places))
      } catch {
        problems.append(SnapshotProblem("route '\(route.path)'", at: ["routes", route.path.description], error))
      }
    }
    var adminToken: Secret?
    do throws(SecretError) { adminToken = try configuration.admin?.token?.resolve(environment: environment) } catch {
      problems.append(SnapshotProblem("admin", at: ["admin", "token"], error))
    }
    guard problems.isEmpty else { throw SnapshotFailure(problems: problems) }
    return Snapshot(
      configuration, routes: routes, upstreams: upstreams.values.sorted { $0.name < $1.name },
      tokenEndpoints: tokenEndpoints(methods, routes), developmentTokens: developmentTokens(methods, routes),
      apiKeys: apiKeys, adminToken: adminToken, secrets: secrets)
  }

  // MARK: Upstreams

  private static func place(of error: any Error) -> [String] {
    switch error {
    case is TLSError: ["tls", "ca"]
    case is SessionHandover.NotAllowed: ["handover"]
    default: []
    }
  }

  private var upstreamBuilder: UpstreamBuilder {
    UpstreamBuilder(
      catalogue: catalogue, environment: environment, simulators: simulators, simulate: simulate, table: callers.upstreams)
  }

  /// Where sessions of a route may lead: every endpoint of its upstream, then those of the fallbacks.
  private func places(_ route: Route, _ upstreams: [String: UpstreamService]) throws -> [(UpstreamService, Endpoint)] {
    let names = [route.upstream] + (configuration.upstreams[route.upstream]?.fallbacks ?? [])
    return try names.flatMap { name -> [(UpstreamService, Endpoint)] in
      guard let upstream = upstreams[name], let settings = configuration.upstreams[name] else { return [] }
      return try upstreamBuilder.endpoints(settings, upstream.descriptor, route: route).map { endpoint in
        if !route.path.isPrefix, let name = endpoint.openPlaces.first { throw EndpointError.open(name) }
        return (upstream, endpoint)
      }
    }
  }

  // MARK: Guards

  /// The guards of all methods, and what to look at from time to time for them.
  private func methods(_ problems: inout [SnapshotProblem]) -> (guards: [String: any CallerGuard], apiKeys: [APIKeyWatch]) {
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
        problems.append(SnapshotProblem("authentication '\(name)'", at: ["authentication", name] + method.keyFile, error))
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

  /// What the playground can mint; nothing in production.
  private func developmentTokens(_ guards: [String: any CallerGuard], _ routes: [RouteService]) -> [String: DevelopmentToken] {
    guard configuration.environment == .development else { return [:] }
    let tokens = routes.compactMap { service -> (String, DevelopmentToken)? in
      let names = service.route.authentication?.names ?? []
      let first = names.lazy.compactMap { name in
        configuration.authentication[name].flatMap { DevelopmentToken($0, guards[name], environment: environment) }
      }.first
      return first.map { (service.name, $0) }
    }
    return Dictionary(tokens) { first, _ in first }
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
  var plainEndpoints: Set<String> {
    Set(authentication.values.compactMap(\.endpoint).filter(\.plainHTTP).compactMap { try? WebSocketURL(http: $0.url).authority })
  }
}

/// Which upstreams the vendors' simulators stand in for.
public enum SimulationMode: String, Sendable, CaseIterable {
  case none
  /// Those whose credential is not set.
  case missing
  case all

  /// What holds: what the command line says, else the stand-ins for what is not set, in development alone.
  public static func inForce(_ given: SimulationMode?, _ environment: DeploymentEnvironment) -> SimulationMode {
    given ?? (environment == .development ? SimulationMode.missing : SimulationMode.none)
  }

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
