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
    var methods: [String: any CredentialGuard] = [:]
    for (name, method) in configuration.authentication.sorted(by: { $0.key < $1.key }) {
      do {
        methods[name] = try credentialGuard(method)
      } catch {
        problems.append("authentication '\(name)': \(error)")
      }
    }
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
    return Snapshot(configuration, routes: routes)
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

  private func credentialGuard(_ method: AuthenticationMethod) throws -> any CredentialGuard {
    guard case .jwt(let jwt) = method, jwt.isInEffect, let reference = jwt.secret else { return UnavailableGuard(method: method.type) }
    let secret = try reference.resolve(environment: environment)
    let verifier = JSONWebToken.Verifier(
      algorithms: [.hs256], secret: Array(secret.reveal().utf8), issuer: jwt.issuer, audience: jwt.audience,
      leeway: jwt.leeway.components.seconds, requiredClaims: jwt.requiredClaims)
    return JWTGuard(verifier, tierClaim: jwt.tierClaim, routesClaim: jwt.routesClaim)
  }

  private func policy(_ route: Route, _ tier: Tier?, _ methods: [String: any CredentialGuard]) -> RoutePolicy {
    var policy = RoutePolicy(route.path.description)
    policy.enabled = route.enabled.isOn(environment: environment)
    policy.origin = OriginGuard(route.origins, allowsMissing: route.missingOrigin == .allow)
    policy.credentials = route.authentication?.names.compactMap { methods[$0] } ?? []
    if let tier, let name = route.tier { policy.tier = TierPolicy(name, tier) }
    if route.authentication?.names.contains(where: { configuration.authentication[$0]?.namesTiers ?? false }) ?? false {
      for (name, tier) in configuration.tiers { policy.tiers[name] = TierPolicy(name, tier) }
    }
    return policy
  }
}

/// A method that parses but cannot decide yet: it knows nobody.
private struct UnavailableGuard: CredentialGuard {
  let method: String
  func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller { throw CredentialError("method_unavailable") }
}

extension AuthenticationMethod {
  /// Whether its credentials may say which tier holds for their caller.
  fileprivate var namesTiers: Bool {
    switch self {
    case .jwt(let jwt): jwt.tierClaim != nil
    default: false
    }
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
