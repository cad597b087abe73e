import Configuration
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Relay
import Synchronization
import TLS

/// A bound address: every connection that it accepts gets one request head answered by one server.
struct ListeningSocket: Sendable {
  /// What holds for the next connection, and may be replaced while the address is bound. What only binding can change stays as it was.
  private final class Terms: Sendable {
    private let held: Mutex<Settings>

    init(_ settings: Settings) { held = Mutex(settings) }

    var current: Settings {
      get { held.withLock { $0 } }
      set { held.withLock { $0 = newValue } }
    }
  }

  struct Settings: Sendable {
    var address: ListenAddress
    var certificates: ServerCertificates?
    var timeouts = HandshakeHandler.Timeouts()
    /// Bytes of a request head.
    var maximumHead = 32 << 10
    /// Bytes a client may send before it has its answer.
    var maximumEarly = 256 << 10
    /// Connections waiting to be accepted (listen(2)).
    var backlog: Int32 = 4_096
    /// Permission bits of a Unix socket's file.
    var mode: mode_t = 0o600
    /// Who is received how; nil takes everybody and counts nobody.
    var reception: Reception?
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let channel: any Channel
  private let terms: Terms
  /// Of a Unix socket.
  private let file: UnixSocketFile?
  /// Where it listens, with the port that the system chose where the configuration left it open; 0 for a Unix socket.
  let port: Int

  /// - Parameter isSharing: others that share their port too (``share(_:)``) may have it at the same time.
  static func bind(
    _ settings: Settings, group: any EventLoopGroup, server: any RequestServer, sharing isSharing: Bool = false
  ) async throws(Failure) -> ListeningSocket {
    let terms = Terms(settings)
    var bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: settings.backlog)
      // A FIN before the answer is an event of its own, not the end of the channel.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try receive(channel, terms.current, server) }
      }
    if settings.reception != nil {
      // In small pieces: what an honest client sends at once behind its head must not exceed what a stranger may send, and it is no
      // stranger any more when the next piece is read.
      bootstrap =
        bootstrap
        .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8 << 10))
        .childChannelOption(.maxMessagesPerRead, value: 1)
    }
    do {
      switch settings.address {
      case .network(let host, let port):
        let channel =
          try await bootstrap
          .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
          .serverChannelOption(reusePort, value: isSharing ? 1 : 0)
          .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
          .bind(to: SocketAddress(ipAddress: host.description, port: port)).get()
        return ListeningSocket(channel: channel, terms: terms, file: nil, port: channel.localAddress?.port ?? port)
      case .unix(let path):
        let socket = try UnixSocketFile.makeSocket()
        let file = try UnixSocketFile(path, binding: socket, mode: settings.mode)
        let channel = try await bootstrap.withBoundSocket(socket.release()).get()
        return ListeningSocket(channel: channel, terms: terms, file: file, port: 0)
      }
    } catch {
      throw Failure(description: "cannot listen on \(settings.address): \(error)")
    }
  }

  /// Prepares an accepted channel. What it throws closes that channel, before anything is read from it.
  private static func receive(_ channel: any Channel, _ settings: Settings, _ server: any RequestServer) throws {
    // Who comes through a Unix socket is on this machine.
    let peer = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) } ?? .v4(0x7F00_0001)
    let stranger: Stranger
    do {
      stranger = try Stranger(peer, settings.reception)
    } catch {
      dropInput(channel)
      throw error
    }
    channel.closeFuture.assumeIsolated().whenComplete { _ in stranger.leave() }
    try install(channel, stranger, settings, server)
  }

  private static func install(_ channel: any Channel, _ stranger: Stranger, _ settings: Settings, _ server: any RequestServer) throws {
    let session = try settings.certificates?.current.makeServerSession()
    let limit = min(settings.maximumHead, settings.reception?.bytes ?? .max)
    let end = ChannelEnd(channel, gate: Gate(.request, maximumHead: limit, maximumKept: settings.maximumEarly), tls: session)
    var first: [any ChannelHandler] = []
    if let reception = settings.reception {
      first.append(StrangerHandler(stranger))
      if let headers = reception.proxyHeaders {
        let reader = ProxyHeaderReader(
          isRequired: headers.isRequired, isTrusted: reception.isTrusted(stranger.peer), maximum: headers.maximum)
        first.append(ProxyHeaderHandler(reader, stranger))
      }
    }
    try end.install(before: first)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    try pipeline.addHandler(
      HandshakeHandler(end, stranger, isTLS: settings.certificates != nil, timeouts: settings.timeouts, server: server))
  }

  /// Throws away what has already come: a socket that is closed with unread input sends RST instead of FIN.
  private static func dropInput(_ channel: any Channel) {
    _ = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { handle in
      // On TCP this drops without copying (tcp(7)); at most as much as a receive buffer usually holds.
      for _ in 0..<16 where recv(handle, nil, 1 << 20, Int32(MSG_TRUNC) | Int32(MSG_DONTWAIT)) > 0 {}
    }
  }

  private static var reusePort: ChannelOptions.Types.SocketOption {
    ChannelOptions.Types.SocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_REUSEPORT))
  }

  /// Whether an address cannot be bound while this one is, unless they share it.
  func isInTheWay(of address: ListenAddress) -> Bool {
    guard case .network(let host, _) = terms.current.address else { return false }
    return ListenAddress.network(host: host, port: port).overlaps(address)
  }

  /// Lets others of this user bind addresses that this one covers (`SO_REUSEPORT`, socket(7)), or lets them no more.
  func share(_ isShared: Bool) async {
    try? await channel.setOption(Self.reusePort, value: isShared ? 1 : 0).get()
  }

  /// Whether both are one socket.
  func isSame(as other: ListeningSocket) -> Bool { terms === other.terms }

  /// Receives connections like this from the next one on. Address, backlog and mode stay as they are.
  func adopt(_ settings: Settings) { terms.current = settings }

  /// Accepts no more.
  func close() async {
    try? await channel.close().get()
    file?.remove()
  }
}
