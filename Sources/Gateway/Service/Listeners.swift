import Configuration
import Guards
import Logging
import NIOCore
import TLS
import Telemetry

/// The addresses that are bound: those of clients and the operator's. A reload adds and removes some, and changes in place what the others
/// serve; their connections notice nothing.
actor Listeners {
  fileprivate enum Purpose: Sendable, Equatable {
    case clients, admin
  }

  /// One address as the table has it.
  fileprivate struct Wanted: Sendable {
    let purpose: Purpose
    var settings: ListeningSocket.Settings
    /// The table's words for its TLS, by which it is known again.
    let tls: ListenerTLS?
  }

  fileprivate struct Open: Sendable {
    var wanted: Wanted
    let socket: ListeningSocket
  }

  /// What a table wants, with everything done that can fail.
  struct Plan: Sendable {
    fileprivate var open: [Open] = []
    fileprivate var bound: [ListeningSocket] = []
    fileprivate var waiting: [String] = []
    /// What an operator should know of the certificates, each with the keys that lead to the listener's.
    fileprivate(set) var warnings: [(path: [String], text: String)] = []
  }

  private let core: GatewayCore
  private let group: any EventLoopGroup
  private let pages: Pages
  private let clientPages: Pages
  /// One for all: a flood of one port is a flood.
  private let lines = LineBudget()
  /// Strangers of the operator's own address: whoever floods the clients' ports must not keep the operator out.
  private let adminHandshakes = HandshakeGuard()
  private var open: [Open] = []

  init(_ core: GatewayCore, _ group: any EventLoopGroup) {
    self.core = core
    self.group = group
    pages = Pages(core: core)
    clientPages = Pages(core: core, playground: PlaygroundPages(core: core))
  }

  /// Loads certificates and binds new addresses. Nothing has changed for clients before ``commit(_:)``.
  ///
  /// - Throws: ``SnapshotFailure`` for what the table names and cannot be had, or `ListeningSocket.Failure`.
  func prepare(_ configuration: GatewayConfiguration) async throws -> Plan {
    var plan = Plan()
    var left = open
    var new: [Wanted] = []
    for (index, wanted) in try addresses(of: configuration).enumerated() {
      if let warning = wanted.settings.certificates?.warning(at: .now()) {
        plan.warnings.append((["listeners", "\(index)", "tls", "certificate"], "listener \(index + 1): \(warning)"))
      }
      let known = left.firstIndex { $0.wanted.purpose == wanted.purpose && $0.wanted.settings.address == wanted.settings.address }
      guard let known else {
        new.append(wanted)
        continue
      }
      let socket = left.remove(at: known)
      if !socket.wanted.settings.isBound(as: wanted.settings) {
        plan.waiting.append("'backlog' and 'mode' of the listener \(wanted.settings.address)")
      }
      plan.open.append(Open(wanted: wanted, socket: socket.socket))
    }
    do {
      for wanted in new {
        let address = wanted.settings.address
        // Two that the table wants at the same time are a mistake, whoever leaves.
        let isTaken = plan.open.contains { $0.socket.isInTheWay(of: address) }
        let leaving = isTaken ? [] : left.map(\.socket).filter { $0.isInTheWay(of: address) }
        let socket = try await bind(wanted, beside: leaving)
        plan.bound.append(socket)
        plan.open.append(Open(wanted: wanted, socket: socket))
      }
      return plan
    } catch {
      for socket in plan.bound { await socket.close() }
      throw error
    }
  }

  /// Serves as planned from now on.
  ///
  /// - Returns: what only another start can change.
  func commit(_ plan: Plan) async -> [String] {
    let closing = open.filter { old in !plan.open.contains { $0.socket.isSame(as: old.socket) } }
    for new in plan.open where !open.contains(where: { $0.socket.isSame(as: new.socket) }) { announce(new) }
    open = plan.open
    for each in open { each.socket.adopt(each.wanted.settings) }
    for old in closing {
      await old.socket.close()
      core.logger.info("listening no more", metadata: ["address": "\(old.wanted.settings.address)"])
    }
    return plan.waiting
  }

  /// Accepts nothing more anywhere.
  func close() async {
    for each in open { await each.socket.close() }
    open = []
  }

  /// The certificates that are served.
  var certificates: [ServerCertificates] { open.compactMap(\.wanted.settings.certificates) }

  // MARK: What the table says

  private func addresses(of configuration: GatewayConfiguration) throws(SnapshotFailure) -> [Wanted] {
    let timeouts = configuration.defaults.timeouts
    var wanted: [Wanted] = []
    var problems: [SnapshotProblem] = []
    for (index, listener) in configuration.listeners.enumerated() {
      var settings = ListeningSocket.Settings(address: listener.address)
      do throws(TLSError) { settings.certificates = try certificates(of: listener) } catch {
        problems.append(SnapshotProblem("listener \(index + 1)", at: ["listeners", "\(index)", "tls"], error))
      }
      settings.timeouts = HandshakeHandler.Timeouts(tls: TimeAmount(timeouts.tls), head: TimeAmount(timeouts.head))
      settings.maximumEarly = configuration.defaults.buffers.early
      settings.backlog = Int32(listener.backlog)
      settings.mode = listener.mode.bits
      let headers = Reception.ProxyHeaders(isRequired: listener.proxyProtocol == .require, maximum: listener.proxyProtocolSize)
      settings.reception = Reception(
        core, listener: "\(listener.address)", handshakes: core.admission.handshakes,
        proxyHeaders: listener.proxyProtocol == .off ? nil : headers, lines: lines)
      wanted.append(Wanted(purpose: .clients, settings: settings, tls: listener.tls))
    }
    guard problems.isEmpty else { throw SnapshotFailure(problems: problems) }
    if let admin = configuration.admin {
      var settings = ListeningSocket.Settings(address: admin.address)
      settings.reception = Reception(core, listener: "admin", handshakes: adminHandshakes, lines: lines)
      wanted.append(Wanted(purpose: .admin, settings: settings, tls: nil))
    }
    return wanted
  }

  /// Those in use, where the table says the same and the files are the same: clients can go on with the sessions that they have of them.
  private func certificates(of listener: Listener) throws(TLSError) -> ServerCertificates? {
    guard let tls = listener.tls else { return nil }
    let known = open.first { $0.wanted.settings.address == listener.address && $0.wanted.tls == tls }?.wanted.settings.certificates
    if let known, known.isCurrent { return known }
    return try ServerCertificates(ServerSettings(tls))
  }

  /// - Parameter leaving: sockets that will be closed and are in the way until then. They share their port for this moment, so that neither
  ///   of the two addresses is ever without a socket.
  private func bind(_ wanted: Wanted, beside leaving: [ListeningSocket]) async throws(ListeningSocket.Failure) -> ListeningSocket {
    let server: any RequestServer =
      switch wanted.purpose {
      case .clients: Handshake(core: core, pages: clientPages)
      case .admin: AdminServer(core: core, pages: pages, address: wanted.settings.address)
      }
    guard !leaving.isEmpty else { return try await ListeningSocket.bind(wanted.settings, group: group, server: server) }
    for socket in leaving { await socket.share(true) }
    let bound: Result<ListeningSocket, ListeningSocket.Failure>
    do throws(ListeningSocket.Failure) {
      bound = .success(try await ListeningSocket.bind(wanted.settings, group: group, server: server, sharing: true))
    } catch {
      bound = .failure(error)
    }
    // From here on the port is taken for everybody else again.
    for socket in leaving { await socket.share(false) }
    let socket = try bound.get()
    await socket.share(false)
    return socket
  }

  private func announce(_ new: Open) {
    let settings = new.wanted.settings
    var fields: Logger.Metadata = ["address": "\(settings.address)", "port": .stringConvertible(new.socket.port)]
    switch new.wanted.purpose {
    case .clients:
      fields["tls"] = .stringConvertible(settings.certificates != nil)
      core.logger.info("listening", metadata: fields)
    case .admin:
      core.logger.info("admin listening", metadata: fields)
    }
  }
}

extension ListeningSocket.Settings {
  /// Whether an address that is bound with these is bound as it would be with those.
  fileprivate func isBound(as other: ListeningSocket.Settings) -> Bool { backlog == other.backlog && mode == other.mode }
}

extension ServerSettings {
  init(_ tls: ListenerTLS) {
    self.init(
      identity: TLSIdentity(certificateFile: tls.certificate, keyFile: tls.key), minimumVersion: tls.minimumVersion == .tls13 ? .v13 : .v12,
      clientCertificates: tls.clientCA.map { .required(authorities: .file($0)) } ?? .none)
  }
}
