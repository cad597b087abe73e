import Guards
import NIOCore
import NIOPosix
import Relay
import TLS

/// One end of a session while it is on the control path: a channel and the handlers that the hand-over needs. Bound to its event loop.
final class ChannelEnd {
  let channel: any Channel
  let barrier = Barrier()
  let gate: Gate
  private let tls: TLSHandler?
  /// Whether the last bytes are on their way.
  private(set) var isFinished = false

  init(_ channel: any Channel, gate: Gate, tls: consuming TLSSession?) {
    self.channel = channel
    self.gate = gate
    if let session = tls.take() { self.tls = TLSHandler(session, isServer: gate.kind == .request) } else { self.tls = nil }
  }

  /// Puts the handlers first into the pipeline.
  ///
  /// - Parameter handlers: stand before TLS, behind the barrier.
  func install(before handlers: [any ChannelHandler] = []) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(barrier)
    for handler in handlers { try pipeline.addHandler(handler) }
    if let tls { try pipeline.addHandler(tls) }
    try pipeline.addHandler(gate)
  }

  /// What the peer showed in the TLS handshake; nil without one.
  var certificate: ClientCertificate? { tls?.certificate }

  /// Takes the socket away from NIO: the descriptor is duplicated, then NIO's channel is closed, which shuts nothing down.
  ///
  /// To be called once `barrier` says that everything written has reached the kernel.
  /// - Parameter owed: what the peer has to get first, such as the 101.
  /// - Returns: nil when the channel is already gone.
  func leave(owed: [UInt8]) -> LegTransport? {
    defer { channel.close(promise: nil) }
    let duplicate = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { handle in
      Descriptor(duplicating: handle)?.release() ?? -1
    }
    guard let duplicate, duplicate >= 0 else { return nil }
    let descriptor = Descriptor(adopting: duplicate)
    var received = gate.takeKept()
    guard let tls else { return LegTransport(descriptor: descriptor, tls: nil, received: received, owed: owed) }
    guard let session = try? tls.take(received: &received) else { return nil }
    return LegTransport(descriptor: descriptor, tls: session, received: received, owed: owed)
  }

  /// Goes on here, on NIO, with messages instead of HTTP: for the ends that the gateway speaks itself.
  func speak(_ handler: MessageHandler) throws {
    try channel.pipeline.syncOperations.addHandler(handler, position: .after(gate))
    gate.open()
    handler.start(received: gate.takeKept())
  }

  /// Sends the last bytes of this connection and closes it when the peer has, or after a while. Only the first call counts.
  func finish(_ bytes: [UInt8], linger: TimeAmount = .seconds(2)) {
    guard !isFinished else { return }
    isFinished = true
    let channel = channel
    gate.discardFurtherInput()
    channel.eventLoop.assumeIsolated().scheduleTask(in: linger) { channel.close(promise: nil) }
    channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).assumeIsolated().whenComplete { _ in
      channel.close(mode: .output, promise: nil)
      channel.read()
    }
  }
}
