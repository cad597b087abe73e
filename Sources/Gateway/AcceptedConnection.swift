import Configuration
import Guards
import NIOCore
import Relay
import Tokens
import WebSocket

/// An accepted connection as a task sees it: safe to pass around, and everything on its channel happens on its event loop.
///
/// As an actor on that loop it can be called from anywhere, and never leaves the loop's thread.
actor AcceptedConnection {
  nonisolated let loop: any EventLoop
  nonisolated let peer: IPAddress
  nonisolated let localPort: Int
  nonisolated let isTLS: Bool
  /// The id that answers and logs have for this opening.
  nonisolated let session: String
  private let end: NIOLoopBound<ChannelEnd>

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

  init(_ end: NIOLoopBound<ChannelEnd>, on loop: any EventLoop, peer: IPAddress, localPort: Int, isTLS: Bool) {
    self.loop = loop
    self.end = end
    self.peer = peer
    self.localPort = localPort
    self.isTLS = isTLS
    session = Hex.text(SecureRandom.bytes(8))
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
  /// - Parameter owed: what the client has to get first: the 101.
  /// - Returns: nil when one of them is gone.
  func leave(with upstream: NIOLoopBound<DialedEnd>, owed: [UInt8]) async -> Handover? {
    let flushed = end.value.barrier.flushed(on: loop).and(upstream.value.end.barrier.flushed(on: loop))
    guard (try? await flushed.get()) != nil, !Task.isCancelled else {
      upstream.value.end.channel.close(promise: nil)
      return nil
    }
    // One turn of the loop from here on: nothing can arrive at NIO between the two.
    guard let upstreamLeg = upstream.value.end.leave(owed: []) else { return nil }
    guard let downstreamLeg = end.value.leave(owed: owed) else { return nil }
    return Handover(downstream: downstreamLeg, upstream: upstreamLeg)
  }
}

/// Both ends of a session, off NIO.
struct Handover: ~Copyable, Sendable {
  var downstream: LegTransport
  var upstream: LegTransport
}
