import Configuration
import JSON
import Vendors

/// What the playground's script is told of every route: where it is, what a client needs, and how to hold a call with what is behind it.
struct PlaygroundRoutes {
  private let core: GatewayCore
  private let snapshot: Snapshot
  private let mints: Bool

  /// - Parameter mints: whether whoever asks may have tokens made.
  init(_ core: GatewayCore, mints: Bool) {
    self.core = core
    snapshot = core.snapshot
    self.mints = mints
  }

  /// `{"routes":[...]}`
  ///
  /// - Parameter origin: of the page; nil where it is not known.
  func listing(for origin: String?) -> JSONValue {
    ["routes": .array(snapshot.routes.map { route($0, origin) })]
  }

  private func route(_ service: RouteService, _ origin: String?) -> JSONValue {
    let upstream = service.upstream
    var problem: String?
    var plan = JSONValue.null
    var (query, missing) = query(of: service, Query())
    do throws(CallProblem) {
      let calling = try CallPlan(upstream.descriptor ?? .plain(speaking: CallPlan.recording), query: query)
      plan = calling.json
      // What the page adds by itself is not missing.
      for pair in calling.query { query.set(pair.name, pair.value) }
      if missing != nil { missing = self.query(of: service, query).missing }
    } catch {
      problem = error.description
    }
    let path = service.route.path
    return [
      "path": .string(path.description), "url": .string(path.base.isEmpty ? "/" : path.base),
      "rest": path.isPrefix ? .string(service.endpoint.neededRest) : .null, "upstream": .string(upstream.name),
      "vendor": upstream.descriptor.map { .string($0.name) } ?? .null,
      "title": .string(upstream.descriptor?.title ?? "WebSocket server"),
      "kind": upstream.descriptor.map { .string($0.kind.rawValue) } ?? .null, "simulated": .bool(upstream.isSimulated),
      "enabled": .bool(core.isOn(service)),
      "page_allowed": .bool(origin.map { service.policy.origin?.allows($0) ?? true } ?? true),
      "authentication": authentication(service), "handshake": handshake(service),
      "missing": missing.map { .string($0) } ?? .null, "problem": problem.map { .string($0) } ?? .null, "plan": plan,
    ]
  }

  /// What the upstream is asked for where the client asks for this, and what it then lacks.
  private func query(of service: RouteService, _ asked: Query) -> (query: Query, missing: String?) {
    // Whatever will be in the open places of its path.
    let rest = TextTemplate(service.endpoint.neededRest).expanded { _ in "x" }
    do throws(EndpointError) {
      return (try service.endpoint.query(for: ClientRequest(rest: rest, query: asked)), nil)
    } catch {
      if case .query = error { return (Query(), error.description) }
      return (Query(), nil)
    }
  }

  private func authentication(_ service: RouteService) -> JSONValue {
    let names = service.route.authentication?.names ?? []
    let methods = names.compactMap { snapshot.configuration.authentication[$0] }
    let places = methods.flatMap { $0.places ?? [.subprotocol, .query, .message] }
    let order = [CredentialPlace.subprotocol, .query, .message]
    return [
      "needed": .bool(!names.isEmpty), "methods": .array(methods.map { .string($0.type) }),
      "places": .array(order.filter(places.contains).map { .string($0.rawValue) }),
      "mints": .bool(mints && snapshot.developmentTokens[service.name] != nil),
    ]
  }

  private func handshake(_ service: RouteService) -> JSONValue {
    let handshake = service.route.handshake
    return [
      "authenticate": .string(handshake.authenticate.rawValue), "connect": handshake.connect.map { .string($0) } ?? .null,
    ]
  }
}
