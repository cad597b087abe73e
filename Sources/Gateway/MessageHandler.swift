import NIOCore
import WebSocket

/// What an endpoint does with the messages of one WebSocket. Bound to the channel's event loop.
protocol MessageEndpoint: AnyObject {
  func opened(_ socket: MessageHandler)
  func receive(_ message: Message, _ socket: MessageHandler)
  /// The peer's Close frame, or nil when the connection was lost without one; called once.
  func closed(_ close: ClosePayload?, _ socket: MessageHandler)
}

/// A WebSocket end that the gateway speaks itself, on NIO: the simulator's, and that of `call`. Relayed sessions never come here.
final class MessageHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let role: Role
  private let endpoint: any MessageEndpoint
  private var assembler: MessageAssembler
  private var closing: ClosingHandshake
  private var maskKeys = MaskKeys()
  private var context: ChannelHandlerContext?
  private var hasReported = false

  init(_ role: Role, endpoint: any MessageEndpoint, maximumMessage: UInt64 = 64 << 20, closeTimeout: Int64 = 5_000) {
    self.role = role
    self.endpoint = endpoint
    assembler = MessageAssembler(receiver: role, maximumMessage: maximumMessage)
    closing = ClosingHandshake(role: role, timeout: closeTimeout)
  }

  var loop: (any EventLoop)? { context?.eventLoop }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// Starts with what had already arrived behind the handshake.
  func start(received bytes: [UInt8]) {
    endpoint.opened(self)
    if !bytes.isEmpty { take(ByteBuffer(bytes: bytes)) }
    context?.read()
  }

  func send(_ message: Message) {
    guard !closing.isSent else { return }
    write(message.frame(maskKey: role.masks ? maskKeys.next() : nil))
  }

  func close(_ code: CloseCode?, _ reason: String = "") {
    obey(closing.start(ClosePayload(code: code, reason: reason), now: now))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    take(unwrapInboundIn(data))
  }

  func channelInactive(context: ChannelHandlerContext) {
    obey(closing.receiveEnd())
    report(nil)
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.inputClosed) = event as? ChannelEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func take(_ bytes: ByteBuffer) {
    var events: [MessageEvent] = []
    var violation: ProtocolViolation?
    unsafe bytes.withUnsafeReadableBytes { readable in
      do throws(ProtocolViolation) {
        try unsafe assembler.receive(readable, into: &events)
      } catch {
        violation = error
      }
    }
    for event in events {
      switch event {
      case .message(let message): endpoint.receive(message, self)
      case .ping(let payload):
        if !closing.isSent { write(FrameHeader.frame(opcode: .pong, payload: payload, maskKey: role.masks ? maskKeys.next() : nil)) }
      case .pong: break
      case .close(let payload):
        report(payload)
        obey(closing.receive(payload, now: now))
      }
    }
    if let violation { obey(closing.fail(violation, now: now)) }
  }

  private func report(_ close: ClosePayload?) {
    guard !hasReported else { return }
    hasReported = true
    endpoint.closed(close, self)
  }

  private func obey(_ action: ClosingHandshake.Action) {
    guard let context else { return }
    switch action {
    case .nothing: break
    case .send(let payload): sendClose(payload)
    case .sendAndFinish(let payload):
      sendClose(payload)
      context.close(mode: .output, promise: nil)
    case .finish: context.close(mode: .output, promise: nil)
    case .drop: context.close(promise: nil)
    }
    if let deadline = closing.deadline {
      let channel = context.channel
      context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(max(1, deadline - now))) { channel.close(promise: nil) }
    }
  }

  private func sendClose(_ payload: ClosePayload) {
    write(FrameHeader.frame(opcode: .close, payload: payload.encoded, maskKey: role.masks ? maskKeys.next() : nil))
  }

  private func write(_ frame: [UInt8]) {
    guard let context else { return }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: frame)), promise: nil)
  }

  private var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }
}
