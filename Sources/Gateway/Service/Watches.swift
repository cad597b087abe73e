import NIOPosix
import TLS

/// Looks, every second, at the files that change without a reload: switches, API keys, certificates of listeners.
actor Watches {
  private let core: GatewayCore
  private let listeners: Listeners
  /// For what blocks.
  private let pool: NIOThreadPool
  private var switches: SwitchesWatch?

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
    try? await pool.runIfActive { [core, switches] in
      switches?.refresh(core.logger, routes: Set(snapshot.routes.map(\.name)))
      for watch in snapshot.apiKeys { watch.refresh(core.logger) }
      for certificates in certificates { Self.refresh(certificates, core) }
    }
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
