import Configuration
import Logging
import NIOCore
import NIOPosix
import Synchronization
import UnixSignals
import Vendors

/// Puts the file in force again while the gateway runs: at SIGHUP, when one of its files has changed, and when the operator's address asks.
///
/// The file is read and checked, its secrets and certificates are loaded, new addresses are bound, and only then does anything change.
/// Sessions that are open keep what they opened with; what guards have counted, tokens and keys of issuers belong to no table and stay.
actor Reloader {
  /// What stands in the way, each with its place where it has one.
  private struct Failure: Error {
    let problems: [Diagnostic]
  }

  /// Files are looked at so often.
  private static let pause = Duration.seconds(1)
  /// A file that changes is let settle: editors and deployments write more than once.
  private static let settling = Duration.milliseconds(200)

  private let source: ReloadSource
  private let core: GatewayCore
  private let simulators: Simulators
  private let listeners: Listeners
  private let watches: Watches
  private let notifier: ServiceNotifier
  /// For what blocks: reading files, waiting for secret managers.
  private let pool: NIOThreadPool
  private let watch: Mutex<FileWatch>
  private var running: Task<ReloadOutcome, Never>?
  /// Waits for the one that runs. It has not looked at any file yet, so whoever asks meanwhile has its outcome.
  private var next: Task<ReloadOutcome, Never>?

  init(
    _ source: ReloadSource, core: GatewayCore, simulators: Simulators, listeners: Listeners, watches: Watches, notifier: ServiceNotifier,
    pool: NIOThreadPool
  ) {
    self.source = source
    self.core = core
    self.simulators = simulators
    self.listeners = listeners
    self.watches = watches
    self.notifier = notifier
    self.pool = pool
    watch = Mutex(FileWatch(Self.watched(source.file, source.files, core.snapshot.configuration)))
  }

  /// Waits for reasons to reload, until its task is cancelled.
  nonisolated func run(_ hangUps: UnixSignalsSequence) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in hangUps { _ = await self.reload(.signal) } }
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: Self.pause)
          guard await self.hasChanged() else { continue }
          // For a while, not for ever: a file that is written all the time is read as it is.
          for _ in 0..<10 {
            try? await Task.sleep(for: Self.settling)
            guard await self.hasChanged() else { break }
          }
          if !Task.isCancelled { _ = await self.reload(.file) }
        }
      }
    }
  }

  private nonisolated func hasChanged() async -> Bool {
    (try? await pool.runIfActive { self.watch.withLock { !$0.changes().isEmpty } }) ?? false
  }

  /// What changes without a reload has somebody who looks: switches, API keys, the certificates of listeners.
  private static func watched(_ file: ConfigurationFile, _ named: Set<String>, _ configuration: GatewayConfiguration) -> Set<String> {
    var others = Set(configuration.listeners.compactMap(\.tls).flatMap { [$0.certificate, $0.key] + ($0.clientCA.map { [$0] } ?? []) })
    if let switches = configuration.switchesFile { others.insert(switches) }
    for case .apiKey(let method) in configuration.authentication.values { others.insert(method.file) }
    return named.subtracting(others).union([file.path, file.environmentFile])
  }

  // MARK: One at a time

  /// Reads everything again, after whichever reload runs already.
  func reload(_ trigger: ReloadOutcome.Trigger) async -> ReloadOutcome {
    if let next { return await next.value }
    let before = running
    let task = Task {
      _ = await before?.value
      begin()
      return await perform(trigger)
    }
    next = task
    return await task.value
  }

  private func begin() {
    running = next
    next = nil
  }

  private func perform(_ trigger: ReloadOutcome.Trigger) async -> ReloadOutcome {
    notifier.reloading()
    defer { notifier.ready() }
    // What changes from here on is seen at the next look.
    _ = await hasChanged()
    var outcome = ReloadOutcome()
    do {
      outcome = try await replace()
    } catch let failure as Failure {
      outcome.errors = failure.problems
    } catch {
      outcome.errors = [Diagnostic(.error, file: source.file.path, mark: nil, "\(error)")]
    }
    core.metrics.reloads(outcome.isInForce ? "ok" : "refused").add()
    log(outcome, trigger)
    return outcome
  }

  private func log(_ outcome: ReloadOutcome, _ trigger: ReloadOutcome.Trigger) {
    let logger = core.logger
    for warning in outcome.warnings { logger.warning("configuration", metadata: ["problem": "\(warning.headline)"]) }
    for waiting in outcome.waiting { logger.warning("configuration waits for a restart", metadata: ["problem": "\(waiting)"]) }
    guard !outcome.isInForce else {
      return logger.notice("configuration reloaded", metadata: ["by": "\(trigger.rawValue)", "routes": .stringConvertible(outcome.routes)])
    }
    let problems = outcome.errors.map { Logger.MetadataValue.string($0.headline) }
    logger.error("configuration not reloaded", metadata: ["by": "\(trigger.rawValue)", "problems": .array(problems)])
  }

  // MARK: The steps

  private func replace() async throws -> ReloadOutcome {
    let loaded = try await load()
    guard let configuration = loaded.configuration else { throw Failure(problems: loaded.diagnostics.filter { $0.severity == .error }) }
    // What the table names is read from here on: a change of that is to be seen.
    let files = Self.watched(source.file, loaded.loading.files, configuration)
    watch.withLock { $0.add(files) }
    let mode = SimulationMode.inForce(source.simulate, configuration.environment)
    let needs = try await pool.runIfActive { Simulators.needs(configuration, loaded.catalogue, loaded.environment, mode) }
    let simulation = try await simulators.prepare(needs)
    let snapshot: Snapshot
    let plan: Listeners.Plan
    do {
      let builder = SnapshotBuilder(
        configuration: configuration, catalogue: loaded.catalogue, environment: loaded.environment, simulators: simulation.all,
        simulate: mode, callers: core.callers)
      snapshot = try await pool.runIfActive { try builder.build() }
      plan = try await listeners.prepare(configuration)
    } catch {
      await simulators.abandon(simulation)
      throw Self.located(error, loaded)
    }
    let before = core.snapshot.configuration
    core.publish(snapshot, environment: loaded.environment)
    let waiting = await listeners.commit(plan)
    await simulators.commit(simulation)
    await watches.look()
    watch.withLock { $0.watch(files) }
    return ReloadOutcome(
      warnings: loaded.diagnostics + Self.warnings(plan, snapshot, loaded),
      waiting: waiting + Self.waiting(from: before, to: configuration), routes: snapshot.routes.count)
  }

  /// What is in force and will not do, or not for long.
  private static func warnings(_ plan: Listeners.Plan, _ snapshot: Snapshot, _ loaded: ConfigurationFile.Loaded) -> [Diagnostic] {
    let credentials = snapshot.upstreams.filter(\.lacksCredential).map { upstream in
      loaded.loading.diagnostic(
        .warning, "upstream '\(upstream.name)' has no credential: every session will be refused",
        at: Upstream.path(upstream.name, credential: 0))
    }
    return credentials + plan.warnings.map { loaded.loading.diagnostic(.warning, $0.text, at: $0.path) }
  }

  private func load() async throws -> ConfigurationFile.Loaded {
    let file = source.file
    do {
      return try await pool.runIfActive { try file.load() }
    } catch let error as FileError {
      throw Failure(problems: [Diagnostic(.error, file: file.path, mark: nil, "cannot be read: \(error.reason)")])
    }
  }

  private static func located(_ error: any Error, _ loaded: ConfigurationFile.Loaded) -> any Error {
    guard let failure = error as? SnapshotFailure else { return error }
    return Failure(problems: failure.problems.map { loaded.loading.diagnostic(.error, $0.description, at: $0.path) })
  }

  private static func waiting(from old: GatewayConfiguration, to new: GatewayConfiguration) -> [String] {
    var waiting: [String] = []
    if old.logging.format != new.logging.format { waiting.append("'format' in logging") }
    if old.store != new.store || old.storePassword != new.storePassword { waiting.append("'store'") }
    return waiting
  }
}
