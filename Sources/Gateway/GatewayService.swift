import CLinux
import Configuration
import Glibc
import Guards
import Logging
import NIOCore
import NIOPosix
import Relay
import ServiceLifecycle
import TLS
import Telemetry
import Tokens
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

    public init(
      configuration: GatewayConfiguration, catalogue: Catalogue, environment: [String: String], simulate: SimulationMode, version: String
    ) {
      self.configuration = configuration
      self.catalogue = catalogue
      self.environment = environment
      self.simulate = simulate
      self.version = version
    }
  }

  /// Why it could not start, in words for the operator.
  public struct StartFailure: Error, CustomStringConvertible {
    public let description: String
  }

  private let settings: Settings
  private let logger: Logger

  /// The service's name: the default would spell out the settings, secrets of the environment among them.
  public var description: String { "gateway" }

  public init(_ settings: Settings, logger: Logger) {
    self.settings = settings
    self.logger = logger
  }

  public func run() async throws {
    raiseDescriptorLimit()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: Int(clinux_processors()))
    let reactors: [Reactor]
    let metrics = GatewayMetrics()
    metrics.build(settings.version).set(1)
    reactors = try startReactors(metrics)
    let simulators = try await startSimulators(group)
    let callers = CallerServices(group: group, logger: logger)
    let core = GatewayCore(
      snapshot: try snapshot(simulators, callers), admission: admission(), metrics: metrics, reactors: reactors, callers: callers,
      logger: logger, logLoop: group.next())
    report(core)
    let watching = watchSwitches(core)
    defer { watching?.cancel() }
    let keys = watchAPIKeys(core)
    defer { keys.cancel() }
    let listeners = try await listen(core, group)
    group.next().scheduleRepeatedTask(initialDelay: .seconds(2), delay: .seconds(2)) { _ in core.trimHeap() }

    await waitForShutdown()
    await drain(core, listeners)
    for reactor in reactors { reactor.stop() }
    try await group.shutdownGracefully()
  }

  // MARK: Start

  /// Descriptors for connections; the others are for threads, listeners, dials and files.
  private static var descriptors: Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 2_000 }
    return Int(clamping: limit.rlim_cur) - 64 - 8 * Int(clinux_processors())
  }

  /// Sessions have two descriptors each, strangers one: neither can take those of the other.
  private func admission() -> Admission {
    let section = settings.configuration.handshakes
    var handshakes = HandshakeGuard.Limits()
    handshakes.total = max(8, min(section.total, Self.descriptors / 4))
    // A share of all stays a share of all.
    handshakes.perAddress = max(min(section.perAddress, 8), section.perAddress * handshakes.total / section.total)
    handshakes.bytes = section.bytes
    let admission = Admission(capacity: max(16, (Self.descriptors - handshakes.total) / 2), handshakes: handshakes)
    admission.switches.turn(settings.configuration.enabled.isOn(environment: settings.environment), by: .environment)
    return admission
  }

  /// What the switches file says holds from the first connection on.
  private func watchSwitches(_ core: GatewayCore) -> Task<Void, Never>? {
    guard let path = settings.configuration.switchesFile else { return nil }
    let watch = SwitchesWatch(path, core.admission.switches)
    watch.refresh(core.logger, routes: Set(core.snapshot.routes.map(\.name)))
    return Task { await watch.run(core) }
  }

  /// Reads files of API keys again when they change: the ones that the route table in force names.
  private func watchAPIKeys(_ core: GatewayCore) -> Task<Void, Never> {
    Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        for watch in core.snapshot.apiKeys { watch.refresh(core.logger) }
      }
    }
  }

  /// Sessions cost two descriptors each; the soft limit of a login shell is far below what the system allows.
  private func raiseDescriptorLimit() {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  private func startReactors(_ metrics: GatewayMetrics) throws -> [Reactor] {
    try (0..<Int(clinux_processors())).map { _ in
      guard let reactor = Reactor(counters: metrics.reactors.make()), reactor.start() else {
        throw StartFailure(description: "cannot start a data-path thread: no descriptors or threads left")
      }
      return reactor
    }
  }

  /// One simulator for each vendor that an upstream may need one of.
  private func startSimulators(_ group: any EventLoopGroup) async throws -> [String: UpstreamService.Simulation] {
    var simulators: [String: UpstreamService.Simulation] = [:]
    guard settings.simulate != .none else { return simulators }
    for upstream in settings.configuration.upstreams.values {
      guard let name = upstream.vendor, simulators[name] == nil, let descriptor = settings.catalogue[name], descriptor.simulation != nil
      else {
        continue
      }
      let hasSecret = (try? upstream.credential?.resolve(environment: settings.environment)) != nil
      guard settings.simulate.standsIn(hasSecret: hasSecret, wantsSecret: !descriptor.credential.placements.isEmpty) else { continue }
      let secret = "simulated-" + Hex.text(SecureRandom.bytes(12))
      let socket = try await SimulatorServer.start(descriptor, secret: secret, group: group)
      simulators[name] = UpstreamService.Simulation(port: socket.port, secret: Secret(secret))
    }
    return simulators
  }

  private func snapshot(_ simulators: [String: UpstreamService.Simulation], _ callers: CallerServices) throws -> Snapshot {
    try SnapshotBuilder(
      configuration: settings.configuration, catalogue: settings.catalogue, environment: settings.environment, simulators: simulators,
      simulate: settings.simulate, callers: callers
    ).build()
  }

  private func report(_ core: GatewayCore) {
    for service in core.snapshot.routes {
      let upstream = service.upstream
      var fields: Logger.Metadata = [
        "route": "\(service.name)", "upstream": "\(upstream.name)", "enabled": .stringConvertible(service.policy.enabled),
      ]
      if upstream.isSimulated { fields["simulated"] = .stringConvertible(true) }
      if upstream.isSimulated {
        logger.warning("route is served by the vendor's simulator: its credential is not set", metadata: fields)
      } else if service.endpoint.credentialPlacement != nil, upstream.secret == nil {
        logger.error("route has no credential for its upstream: every session will be refused", metadata: fields)
      } else {
        logger.info("route", metadata: fields)
      }
    }
    logger.info(
      "capacity",
      metadata: [
        "sessions": .stringConvertible(core.admission.connections.capacity),
        "handshakes": .stringConvertible(core.admission.handshakes.limits.total), "reactors": .stringConvertible(core.reactors.count),
      ])
  }

  private func listen(_ core: GatewayCore, _ group: any EventLoopGroup) async throws -> [ListeningSocket] {
    let pages = Pages(core: core)
    let timeouts = settings.configuration.defaults.timeouts
    // One for all: a flood of one port is a flood.
    let lines = LineBudget()
    var sockets: [ListeningSocket] = []
    for (index, listener) in settings.configuration.listeners.enumerated() {
      let certificates = try configured("listener \(index + 1)") { try listener.tls.map { try ServerCertificates(ServerSettings($0)) } }
      let headers = Reception.ProxyHeaders(isRequired: listener.proxyProtocol == .require, maximum: listener.proxyProtocolSize)
      let socket = try await ListeningSocket.bind(
        ListeningSocket.Settings(
          address: listener.address, certificates: certificates,
          timeouts: HandshakeHandler.Timeouts(tls: TimeAmount(timeouts.tls), head: TimeAmount(timeouts.head)),
          maximumEarly: settings.configuration.defaults.buffers.early, backlog: Int32(listener.backlog), mode: listener.mode.bits,
          reception: Reception(
            core, listener: "\(listener.address)", handshakes: core.admission.handshakes,
            proxyHeaders: listener.proxyProtocol == .off ? nil : headers, lines: lines)),
        group: group, server: Handshake(core: core, pages: pages))
      if let certificates { refresh(certificates, group.next()) }
      sockets.append(socket)
      logger.info(
        "listening",
        metadata: [
          "address": "\(listener.address)", "port": .stringConvertible(socket.port), "tls": .stringConvertible(certificates != nil),
        ])
    }
    if let admin = settings.configuration.admin {
      let token = try configured("admin") { try admin.token?.resolve(environment: settings.environment) }
      // Strangers of its own: whoever floods the clients' ports must not keep the operator out.
      let reception = Reception(core, listener: "admin", handshakes: HandshakeGuard(), lines: lines)
      let socket = try await ListeningSocket.bind(
        ListeningSocket.Settings(address: admin.address, reception: reception), group: group,
        server: AdminServer(core: core, pages: pages, token: token))
      sockets.append(socket)
      logger.info("admin listening", metadata: ["address": "\(admin.address)", "port": .stringConvertible(socket.port)])
    }
    return sockets
  }

  /// What the configuration names and cannot be had is the configuration's fault, as it is in a snapshot.
  private func configured<Value>(_ owner: String, _ body: () throws -> Value) throws(SnapshotFailure) -> Value {
    do { return try body() } catch { throw SnapshotFailure(problems: ["\(owner): \(error)"]) }
  }

  /// Reads certificate and key again when their files change; a pair that does not work changes nothing.
  private func refresh(_ certificates: ServerCertificates, _ loop: any EventLoop) {
    loop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { [logger] _ in
      do throws(TLSError) {
        if try certificates.refreshIfChanged() { logger.notice("certificate replaced") }
      } catch {
        logger.error("certificate not replaced", metadata: ["error": "\(error)"])
      }
    }
  }

  // MARK: End

  private func waitForShutdown() async {
    try? await gracefulShutdown()
  }

  /// Takes no more sessions, lets the open ones end by themselves for a while, then closes the rest.
  private func drain(_ core: GatewayCore, _ listeners: [ListeningSocket]) async {
    core.admission.drain()
    core.metrics.draining().set(1)
    logger.notice("draining", metadata: ["sessions": .stringConvertible(core.admission.connections.total)])
    await wait(core, settings.configuration.drain.grace)
    if core.admission.connections.total > 0 {
      let end = SessionEnd(name: "shutdown", code: .goingAway, reason: "Going away")
      for reactor in core.reactors { reactor.closeAll(end, over: settings.configuration.drain.spread.milliseconds) }
      await wait(core, settings.configuration.drain.spread + .seconds(6))
    }
    for listener in listeners { await listener.close() }
    logger.notice("stopped", metadata: ["sessions": .stringConvertible(core.admission.connections.total)])
  }

  /// Until no session is left, `time` at most.
  private func wait(_ core: GatewayCore, _ time: Duration) async {
    let deadline = ContinuousClock.now + time
    while core.admission.connections.total > 0, ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(50))
    }
  }
}

extension ServerSettings {
  init(_ tls: ListenerTLS) {
    self.init(
      identity: TLSIdentity(certificateFile: tls.certificate, keyFile: tls.key), minimumVersion: tls.minimumVersion == .tls13 ? .v13 : .v12,
      clientCertificates: tls.clientCA.map { .required(authorities: .file($0)) } ?? .none)
  }
}
