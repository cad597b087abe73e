import Configuration
import Guards
import NIOCore
import Relay
import Telemetry
import Tokens
import WebSocket

/// An accepted connection as a task sees it: safe to pass around, and everything on its channel happens on its event loop.
///
/// As an actor on that loop it can be called from anywhere, and never leaves the loop's thread.
actor AcceptedConnection {
  nonisolated let loop: any EventLoop
  /// The other end of the socket, or what a PROXY header of a trusted proxy says it is; loopback for a Unix socket.
  nonisolated let peer: IPAddress
  /// Who asks, by what trusted proxies say of it.
  nonisolated let client: ClientAddress
  nonisolated let localPort: Int
  /// Whether it came through a Unix socket.
  nonisolated let isUnix: Bool
  nonisolated let isTLS: Bool
  /// What the log says of this opening in every line.
  nonisolated let label: SessionLabel
  /// The trace that it belongs to.
  nonisolated let trace: TraceContext
  private let end: NIOLoopBound<ChannelEnd>
  private let stranger: NIOLoopBound<Stranger>

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

  /// To be made on the event loop.
  init(
    _ end: NIOLoopBound<ChannelEnd>, _ stranger: NIOLoopBound<Stranger>, on loop: any EventLoop, label: SessionLabel, trace: TraceContext,
    isTLS: Bool
  ) {
    self.loop = loop
    self.end = end
    self.stranger = stranger
    (peer, client) = (stranger.value.peer, stranger.value.client)
    let port = end.value.channel.localAddress?.port
    (localPort, isUnix) = (port ?? 0, port == nil)
    self.isTLS = isTLS
    self.label = label
    self.trace = trace
  }

  /// The id that answers and logs have for this opening.
  nonisolated var session: String { label.session }

  /// The client is known and may go on: what it holds is counted as a session's from now on, not as a stranger's.
  func admit() { stranger.value.admit() }

  /// What the client showed in the TLS handshake; nil where it was not asked.
  func certificate() -> ClientCertificate? { end.value.certificate }

  /// The client is to be known later: its place among the strangers, to be kept until then.
  func keepStranger() -> HandshakeLease? { stranger.value.keep() }

  /// The body that a request announces; the connection is not read beyond it.
  ///
  /// - Parameters:
  ///   - most: bytes.
  ///   - time: until all of it is there.
  func body(of head: RequestHead, most: Int, within time: TimeAmount) async throws(Refusal) -> [UInt8] {
    guard head.values("Transfer-Encoding").isEmpty else { throw Refusal(.badRequest, message: "the body needs a Content-Length") }
    let lengths = head.values("Content-Length")
    guard let length = Int(lengths.first ?? "0"), lengths.count < 2, (0...most).contains(length) else {
      throw Refusal(.badRequest, message: "the body may have \(most) bytes at most")
    }
    let promise = loop.makePromise(of: [UInt8].self)
    end.value.gate.collect(length, promise)
    do { return try await promise.futureResult.get(by: .now() + time, else: ChannelError.eof) } catch {
      throw Refusal(.badRequest, message: "the body did not come in time")
    }
  }

  /// Sends a plain HTTP answer, with the headers every answer has, and closes.
  func answer(_ answer: HTTPAnswer, withBody: Bool = true) {
    end.value.finish(answer.secured(tls: isTLS).bytes(withBody: withBody))
  }

  /// Sends these bytes and closes.
  func finish(_ bytes: [UInt8]) {
    end.value.finish(bytes)
  }

  /// Sends these bytes and goes on with messages.
  func speak(_ bytes: [UInt8], _ makeEndpoint: @Sendable () -> any MessageEndpoint) throws {
    let end = end.value
    end.channel.writeAndFlush(end.channel.allocator.buffer(bytes: bytes), promise: nil)
    try end.speak(MessageHandler(.server, endpoint: makeEndpoint()))
  }

  /// What the upstream agreed to.
  func agreement(of upstream: NIOLoopBound<DialedEnd>) -> DialedEnd.Agreement { upstream.value.agreement }

  /// Takes both sockets away from NIO, once everything written to them has reached the kernel.
  ///
  /// - Parameters:
  ///   - owed: what the client has to get first: the 101.
  ///   - opening: what the upstream has to get first.
  /// - Returns: nil when one of them is gone.
  func leave(with upstream: NIOLoopBound<DialedEnd>, owed: [UInt8], opening: [UInt8]) async -> SessionEnds? {
    let flushed = end.value.barrier.flushed(on: loop).and(upstream.value.end.barrier.flushed(on: loop))
    guard (try? await flushed.get()) != nil, !Task.isCancelled else {
      upstream.value.end.channel.close(promise: nil)
      return nil
    }
    // One turn of the loop from here on: nothing can arrive at NIO between the two.
    guard let upstreamLeg = upstream.value.end.leave(owed: opening) else { return nil }
    guard let downstreamLeg = end.value.leave(owed: owed) else { return nil }
    return SessionEnds(downstream: downstreamLeg, upstream: upstreamLeg)
  }

  /// Takes the client's socket alone.
  func leave(owed: [UInt8]) async -> LegTransport? {
    guard (try? await end.value.barrier.flushed(on: loop).get()) != nil, !Task.isCancelled else { return nil }
    return end.value.leave(owed: owed)
  }
}

/// Both ends of a session, off NIO.
struct SessionEnds: ~Copyable, Sendable {
  var downstream: LegTransport
  var upstream: LegTransport
}
