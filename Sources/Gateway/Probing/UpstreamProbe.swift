import Configuration
import Logging
import NIOCore
import NIOPosix
import Vendors

/// Dials the upstreams of routes as sessions would, and says how far that came: every endpoint, every fallback, with every credential. No
/// audio and no text is sent.
public struct UpstreamProbe: Sendable {
  /// Dials at the same time.
  private static let width = 8

  private let settings: GatewayService.Settings
  /// What a client would add to the query.
  private let query: [(name: String, value: String)]
  private let rest: String
  private let logger: Logger

  /// - Parameters:
  ///   - query: parameters of the client that is stood in for.
  ///   - rest: what it adds to the path of a route that ends in `/*`.
  public init(_ settings: GatewayService.Settings, query: [(name: String, value: String)] = [], rest: String = "", logger: Logger) {
    self.settings = settings
    self.query = query
    self.rest = rest
    self.logger = logger
  }

  /// Probes the routes, several dials at a time.
  ///
  /// - Parameter progress: is told how many dials are done, and of how many.
  /// - Returns: in the order of `routes`, and there in the order in which a session would try.
  public func run(_ routes: [Route], progress: (Int, Int) -> Void = { _, _ in }) async throws -> [ProbeResult] {
    let group = MultiThreadedEventLoopGroup.singleton
    let needs = Simulators.needs(settings.configuration, settings.catalogue, settings.environment, settings.simulate)
    let plan = try await Simulators(group).prepare(needs)
    defer { withExtendedLifetime(plan) {} }
    let callers = CallerServices(group: group, logger: logger)
    var results: [ProbeResult?] = []
    var dials: [(index: Int, dial: ProbeDial)] = []
    for route in routes {
      do throws(SnapshotFailure) {
        for dial in try self.dials(of: route, plan.all, callers) {
          dials.append((results.count, dial))
          results.append(nil)
        }
      } catch {
        results.append(ProbeResult(route: route.path.description, upstream: route.upstream, problem: error.description))
      }
    }
    await withTaskGroup(of: (Int, ProbeResult).self) { tasks in
      var waiting = dials[...]
      func start() {
        guard let (index, dial) = waiting.popFirst() else { return }
        tasks.addTask { (index, await dial.run(on: group.next())) }
      }
      for _ in 0..<Self.width { start() }
      var done = 0
      for await (index, result) in tasks {
        results[index] = result
        done += 1
        progress(done, dials.count)
        start()
      }
    }
    return results.compactMap { $0 }
  }

  /// What there is to dial for a route: by itself, so that nothing of the others counts, nor who may call it.
  private func dials(
    of route: Route, _ simulators: [String: UpstreamService.Simulation], _ callers: CallerServices
  ) throws(SnapshotFailure) -> [ProbeDial] {
    var configuration = settings.configuration
    var route = route
    route.authentication = nil
    let names = [route.upstream] + (configuration.upstreams[route.upstream]?.fallbacks ?? [])
    configuration.routes = [route]
    configuration.upstreams = configuration.upstreams.filter { names.contains($0.key) }
    configuration.authentication = [:]
    configuration.admin = nil
    let snapshot = try SnapshotBuilder(
      configuration: configuration, catalogue: settings.catalogue, environment: settings.environment, simulators: simulators,
      simulate: settings.simulate, callers: callers
    ).build()
    callers.upstreams.adopt(snapshot.secrets, environment: settings.environment)
    callers.fetch.allowPlain(snapshot.plainEndpoints)
    return snapshot.routes.flatMap { service in
      service.places.flatMap { place -> [ProbeDial] in
        let credentials = place.endpoint.credentialPlacement == nil ? [] : place.upstream.credentials
        let choices: [UpstreamService.Credential?] = credentials.isEmpty ? [nil] : credentials
        return choices.map { credential in
          ProbeDial(
            route: route, place: place, credential: credential, query: query, rest: route.path.isPrefix ? rest : "", callers: callers)
        }
      }
    }
  }
}
