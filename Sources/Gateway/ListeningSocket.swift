import Configuration
import NIOCore
import NIOHTTP1
import NIOPosix
import TLS

/// A bound address: every connection that it accepts gets one request head answered by one server.
struct ListeningSocket: Sendable {
  struct Settings: Sendable {
    var address: ListenAddress
    var certificates: ServerCertificates?
    var tlsTimeout = TimeAmount.seconds(10)
    var headTimeout = TimeAmount.seconds(10)
    /// Bytes of a request head.
    var maximumHead = 32 << 10
    /// Bytes a client may send before it has its answer.
    var maximumEarly = 256 << 10
    /// Connections waiting to be accepted (listen(2)).
    var backlog: Int32 = 4_096
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let channel: any Channel
  /// Where it listens, with the port that the system chose where the configuration left it open.
  let port: Int

  static func bind(_ settings: Settings, group: any EventLoopGroup, server: any RequestServer) async throws(Failure) -> ListeningSocket {
    guard case .network(let host, let port) = settings.address else {
      throw Failure(description: "cannot listen on \(settings.address): not a network address")
    }
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: settings.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      // A FIN before the answer is an event of its own, not the end of the channel.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try prepare(channel, settings, server) }
      }
    do {
      let channel = try await bootstrap.bind(to: SocketAddress(ipAddress: host.description, port: port)).get()
      return ListeningSocket(channel: channel, port: channel.localAddress?.port ?? port)
    } catch {
      throw Failure(description: "cannot listen on \(settings.address): \(error)")
    }
  }

  private static func prepare(_ channel: any Channel, _ settings: Settings, _ server: any RequestServer) throws {
    let session = try settings.certificates?.current.makeServerSession()
    let end = ChannelEnd(
      channel, gate: Gate(.request, maximumHead: settings.maximumHead, maximumKept: settings.maximumEarly), tls: session)
    try end.install()
    let peer = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) } ?? .v4(0)
    let connection = AcceptedConnection(
      NIOLoopBound(end, eventLoop: channel.eventLoop), on: channel.eventLoop, peer: peer, localPort: channel.localAddress?.port ?? 0,
      isTLS: settings.certificates != nil)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    try pipeline.addHandler(
      HandshakeHandler(
        connection, end, isTLS: settings.certificates != nil, timeouts: (settings.tlsTimeout, settings.headTimeout), server: server))
  }

  /// Accepts no more.
  func close() async {
    try? await channel.close().get()
  }
}
