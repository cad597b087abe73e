import NIOPosix
import TLS
import Telemetry

/// Looks, every second, at the files that change without a reload: switches, API keys, certificates of listeners.
actor Watches {
  private let core: GatewayCore
  private let listeners: Listeners
  /// For what blocks.
  private let pool: NIOThreadPool
  private var switches: SwitchesWatch?
  /// What was last said about certificates, so that the same is not said every second.
  private var warnings: [String] = []

  init(_ core: GatewayCore, _ listeners: Listeners, _ pool: NIOThreadPool) {
    self.core = core
    self.listeners = listeners
    self.pool = pool
  }

  /// Until its task is cancelled. What the switches file says holds when the first look is over.
  func run() async {
    while !Task.isCancelled {
      await look()
      try? await Task.sleep(for: .seconds(1))
    }
  }

  func look() async {
    let snapshot = core.snapshot
    if snapshot.configuration.switchesFile != switches?.path {
      switches = snapshot.configuration.switchesFile.map { SwitchesWatch($0, core.admission.switches) }
      // What an earlier file said is said no more.
      if switches == nil { core.admission.switches.replace(gateway: true, off: [], by: .file) }
    }
    let certificates = await listeners.certificates
    let routes = Set(snapshot.routes.map(\.name))
    // Let settle for a while, not for ever: a file that is written all the time is read as it is.
    for attempt in 1...10 {
      let isRead = try? await pool.runIfActive { [core, switches] in
        switches?.refresh(core.logger, routes: routes, waits: attempt < 10) ?? true
      }
      if isRead ?? true { break }
      try? await Task.sleep(for: SwitchesWatch.settling)
    }
    try? await pool.runIfActive { [core] in
      for watch in snapshot.apiKeys { watch.refresh(core.logger) }
      for certificates in certificates { Self.refresh(certificates, core) }
    }
    let now = Timestamp.now()
    let found = certificates.compactMap { $0.warning(at: now) }
    for warning in found where !warnings.contains(warning) { core.logger.warning("certificate", metadata: ["problem": "\(warning)"]) }
    warnings = found
  }

  /// Reads certificate and key again when their files change; a pair that does not work changes nothing.
  private static func refresh(_ certificates: ServerCertificates, _ core: GatewayCore) {
    do throws(TLSError) {
      if try certificates.refreshIfChanged() { core.logger.notice("certificate replaced") }
    } catch {
      core.logger.error("certificate not replaced", metadata: ["error": "\(error)"])
    }
  }
}
