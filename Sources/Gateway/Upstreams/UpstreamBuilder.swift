import Configuration
import TLS
import Vendors

/// Makes upstreams ready to be dialled: reads their secrets, composes their endpoints, sets up trust.
struct UpstreamBuilder {
  let catalogue: Catalogue
  let environment: [String: String]
  /// The simulator that stands in for a vendor's entry, where one runs.
  let simulators: [String: UpstreamService.Simulation]
  let simulate: SimulationMode
  let table: UpstreamTable

  /// - Parameter readings: gets what was read, to be put in force with the configuration.
  /// - Throws: what is wrong with it, in words for the operator.
  func service(_ name: String, _ upstream: Upstream, _ readings: inout [StagedSecret]) throws -> UpstreamService {
    let descriptor = upstream.vendor.flatMap { catalogue[$0] }
    let endpoints = try endpoints(upstream, descriptor, route: nil)
    let read = upstream.credentials.map { StagedSecret(table.secret($0.secret), environment: environment) }
    if simulate != .all {
      for (index, reading) in read.enumerated() {
        if let error = reading.loss { throw CredentialLoss(index: index, error: error) }
      }
    }
    readings += read
    var credentials = zip(upstream.credentials, read).map { pooled, reading in
      UpstreamService.Credential(
        reference: pooled.secret, weight: pooled.weight, concurrent: pooled.concurrent, secret: reading.secret)
    }
    let secrets = read.compactMap(\.value)
    let wantsSecret = endpoints.contains { $0.credentialPlacement != nil }
    let simulator =
      simulate.standsIn(hasSecret: !secrets.isEmpty, wantsSecret: wantsSecret) ? upstream.vendor.flatMap { simulators[$0] } : nil
    if let simulator {
      let reference = SecretReference.environment("SIMULATED")
      credentials = [UpstreamService.Credential(reference: reference, secret: RotatingSecret(reference, simulator.secret))]
    } else {
      for secret in secrets { try endpoints[0].check(secret: secret.reveal()) }
    }
    let isSecure = endpoints.contains { $0.base?.scheme == "wss" } && simulator == nil
    let tls = isSecure ? try table.contexts.context(for: ClientSettings(trust: upstream.tls.ca.map { .only(.file($0)) } ?? .system)) : nil
    return UpstreamService(
      name: name, descriptor: descriptor, credentials: credentials, tls: tls, dialBudget: upstream.timeouts.dial,
      readyBudget: upstream.timeouts.ready, simulator: simulator,
      sendsTrace: upstream.trace == .on, endpoints: endpoints.map { $0.base?.authority ?? name },
      needsCredential: wantsSecret && !(descriptor?.credential.isOptional ?? false), circuit: upstream.circuit.value,
      coolDown: upstream.coolDown, refresh: upstream.refresh.value,
      handover: try upstream.handover.map { try SessionHandover.Settings($0, descriptor) })
  }

  /// The endpoints of an upstream in the order in which they are tried, as one route uses them: the route's rules come before the
  /// upstream's, the vendor's own come last.
  func endpoints(_ upstream: Upstream, _ descriptor: VendorDescriptor?, route: Route?) throws -> [Endpoint] {
    var variables: [String: String] = [:]
    for (key, value) in upstream.variables { variables[key] = try text(value) }
    var settings = UpstreamSettings(
      variables: variables, region: upstream.region, query: (route.map { [QueryRules($0.query)] } ?? []) + [QueryRules(upstream.query)],
      headers: try upstream.headers.sorted { $0.key < $1.key }.map { ($0.key, try text($0.value)) }, forwardHeaders: route?.headers ?? [],
      exchanges: upstream.exchange)
    var endpoints = [try endpoint(upstream.url, descriptor, settings)]
    for other in upstream.endpoints {
      settings.region = other.region ?? upstream.region
      settings.variables = variables
      for (key, value) in other.variables { settings.variables[key] = try text(value) }
      endpoints.append(try endpoint(other.url ?? upstream.url, descriptor, settings))
    }
    return endpoints
  }

  private func endpoint(_ url: WebSocketURL?, _ descriptor: VendorDescriptor?, _ settings: UpstreamSettings) throws -> Endpoint {
    if let descriptor { return try Endpoint(descriptor: descriptor, settings: settings) }
    return try Endpoint(url: url?.description ?? "", settings: settings)
  }

  private func text(_ value: ConfiguredText) throws -> String {
    switch value {
    case .text(let text): text
    case .secret(let reference): try reference.resolve(environment: environment).reveal()
    }
  }
}
