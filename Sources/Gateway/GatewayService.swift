import CLinux
import Configuration
import Guards
import Logging
import NIOCore
import NIOPosix
import Relay
import ServiceLifecycle
import Telemetry
import UnixSignals
import Vendors

/// The gateway as a service: binds, serves until it is told to shut down, drains.
public struct GatewayService: Service, CustomStringConvertible {
  /// What it needs to start.
  public struct Settings: Sendable {
    public var configuration: GatewayConfiguration
    public var catalogue: Catalogue
    /// Real environment over `.env`: where secrets and switches are looked up.
    public var environment: [String: String]
    public var simulate: SimulationMode
    public var version: String
    /// What it counts; a log that was made before it may count there as well.
    public var metrics: GatewayMetrics
    /// Nil where the configuration is not to be read again.
    public var source: ReloadSource?

    public init(
      configuration: GatewayConfiguration, catalogue: Catalogue, environment: [String: String], simulate: SimulationMode, version: String,
      metrics: GatewayMetrics = GatewayMetrics(), source: ReloadSource? = nil
    ) {
      self.configuration = configuration
      self.catalogue = catalogue
      self.environment = environment
      self.simulate = simulate
      self.version = version
      self.metrics = metrics
      self.source = source
    }
  }

  /// Why it could not start, in words for the operator.
  public struct StartFailure: Error, CustomStringConvertible {
    public let description: String
  }

  private let settings: Settings
  private let logger: Logger
  private let level: OperatorLog.Level
  private let events = RecentEvents()

  /// The service's name: the default would spell out the settings, secrets of the environment among them.
  public var description: String { "gateway" }

  public init(_ settings: Settings, logger: Logger) {
    self.settings = settings
    level = OperatorLog.Level(logger.logLevel)
    var logger = logger
    logger.handler = OperatorLog(logger.handler, level: level, events: events)
    self.logger = logger
  }

  public func run() async throws {
    // From here on these are requests; without somebody who listens they end the process.
    let hangUps = await UnixSignalsSequence(trapping: .sighup)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: Int(clinux_processors()))
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    // A reload may wait long for somebody's secret: what looks at the kill switches waits for nobody.
    let watchPool = NIOThreadPool(numberOfThreads: 1)
    watchPool.start()
    let simulators = Simulators(group)
    let core = try await makeCore(group, pool, simulators)
    core.reportRoutes()
    core.reportCapacity()
    let listeners = Listeners(core, group)
    let watches = Watches(core, listeners, watchPool)
    // What is switched off is off for the first connection.
    await watches.look()
    _ = await listeners.commit(try await listeners.prepare(settings.configuration))
    group.next().scheduleRepeatedTask(initialDelay: .seconds(2), delay: .seconds(2)) { _ in
      core.trimHeap()
      // Threads that a reactor's work has made began as reactors do.
      unsafe clinux_yield_to(Reactor.threadName, Self.controlPathNice)
    }

    let notifier = ServiceNotifier(environment: settings.environment)
    core.reloader = settings.source.map { source in
      Reloader(source, core: core, simulators: simulators, listeners: listeners, watches: watches, notifier: notifier, pool: pool)
    }
    notifier.ready()
    let watchdog = Task { await Watchdog(core: core, notifier: notifier).run() }
    let watching = [
      Task { await watches.run() },
      Task { if let reloader = core.reloader { await reloader.run(hangUps) } },
      Task { await SecretWatch(core: core).run() },
    ]
    try? await gracefulShutdown()
    for task in watching { task.cancel() }
    await Shutdown(core: core, listeners: listeners, notifier: notifier).run(await UnixSignalsSequence(trapping: .sigterm, .sigint))
    watchdog.cancel()
    core.reloader = nil
    for reactor in core.reactors { reactor.stop() }
    try await pool.shutdownGracefully()
    try await watchPool.shutdownGracefully()
    try await group.shutdownGracefully()
  }

  // MARK: Start

  /// How much the control path yields to the reactors on the same processor, which get ten times its share. It stays above what runs with
  /// the least priority of all, so that somebody else's batch job does not keep new sessions out.
  private static let controlPathNice: Int32 = 10

  private func makeCore(_ group: MultiThreadedEventLoopGroup, _ pool: NIOThreadPool, _ simulators: Simulators) async throws -> GatewayCore {
    let capacity = Capacity.claim()
    let metrics = settings.metrics
    metrics.build(settings.version).set(1)
    let reactors = try startReactors(metrics)
    // Sessions that are open come before those that want to be: a flood of openings may take the time that relaying leaves.
    unsafe clinux_yield_to(Reactor.threadName, Self.controlPathNice)
    let callers = CallerServices(group: group, metrics: metrics, logger: logger)
    let needs = try await pool.runIfActive { [settings] in
      Simulators.needs(settings.configuration, settings.catalogue, settings.environment, settings.simulate)
    }
    let simulation = try await simulators.prepare(needs)
    await simulators.commit(simulation)
    let builder = SnapshotBuilder(
      configuration: settings.configuration, catalogue: settings.catalogue, environment: settings.environment, simulators: simulation.all,
      simulate: settings.simulate, callers: callers)
    let snapshot = try await pool.runIfActive { try builder.build() }
    let handshakes = capacity.handshakes(settings.configuration.handshakes)
    let core = GatewayCore(
      snapshot: snapshot, capacity: capacity,
      admission: Admission(capacity: capacity.sessions(beside: handshakes), handshakes: handshakes, metrics: metrics), metrics: metrics,
      reactors: reactors, callers: callers, events: events, logger: logger, level: level, logLoop: group.next())
    core.publish(snapshot, environment: settings.environment)
    return core
  }

  private func startReactors(_ metrics: GatewayMetrics) throws(StartFailure) -> [Reactor] {
    var reactors: [Reactor] = []
    for _ in 0..<Int(clinux_processors()) {
      guard let reactor = Reactor(counters: metrics.reactors.make()), reactor.start() else {
        throw StartFailure(description: "cannot start a data-path thread: no descriptors or threads left")
      }
      reactors.append(reactor)
    }
    return reactors
  }
}
