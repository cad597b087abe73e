import Guards
import NIOCore
import TLS

/// TLS on a channel while it is on the control path: the session works on memory BIOs and can be taken out afterwards.
final class TLSHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Fired down the pipeline when the handshake is done.
  struct Established: Sendable {}

  /// What came is no TLS but text, most likely HTTP. From then on everything passes untouched.
  struct PlainText: Error {}

  private var session: TLSSession?
  private var isEstablished = false
  private let isServer: Bool
  private var hasInput = false
  private var isPlain = false
  private var queue: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
  private static let readSize = 16 << 10

  /// - Parameter isServer: whether the peer speaks first.
  init(_ session: consuming TLSSession, isServer: Bool = false) {
    self.session = consume session
    self.isServer = isServer
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { pump(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    pump(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if isPlain { return context.fireChannelRead(data) }
    guard session != nil else { return }
    if isServer, !hasInput {
      hasInput = true
      // A method begins with a capital letter; the first byte of a TLS record is a number below 32 (RFC 8446 section 5.1).
      if let first = bytes.readableBytesView.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
        isPlain = true
        session = nil
        return context.fireErrorCaught(PlainText())
      }
    }
    unsafe bytes.withUnsafeReadableBytes { unsafe session?.feed($0) }
    pump(context)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let bytes = unwrapOutboundIn(data)
    if isPlain { return context.write(data, promise: promise) }
    if isEstablished { encrypt(bytes, context, promise) } else { queue.append((bytes, promise)) }
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if isEstablished, mode != .input {
      session?.shutdown()
      if drain(context, nil) { context.flush() }
    }
    context.close(mode: mode, promise: promise)
  }

  func channelInactive(context: ChannelHandlerContext) {
    for (_, promise) in queue { promise?.fail(ChannelError.ioOnClosedChannel) }
    queue = []
    context.fireChannelInactive()
  }

  private func pump(_ context: ChannelHandlerContext) {
    do throws(TLSError) {
      if !isEstablished {
        guard let progress = try session?.handshake() else { return }
        if drain(context, nil) { context.flush() }
        guard progress == .done else { return }
        isEstablished = true
        for (bytes, promise) in queue { encrypt(bytes, context, promise) }
        if !queue.isEmpty { context.flush() }
        queue = []
        context.fireUserInboundEventTriggered(Established())
      }
      // Looked up each time: whoever reads may take the session.
      while let bytes = try readOnce(context.channel.allocator), bytes.readableBytes > 0 {
        context.fireChannelRead(wrapInboundOut(bytes))
      }
      if drain(context, nil) { context.flush() }
    } catch {
      // The alert, if there is one, still goes out.
      if drain(context, nil) { context.flush() }
      context.fireErrorCaught(error)
    }
  }

  private func readOnce(_ allocator: ByteBufferAllocator) throws(TLSError) -> ByteBuffer? {
    guard session != nil else { return nil }
    var buffer = allocator.buffer(capacity: Self.readSize)
    var failure: TLSError?
    unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.readSize) { room in
      do throws(TLSError) {
        guard case .bytes(let count) = try unsafe session?.read(into: room) else { return 0 }
        return count
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return buffer
  }

  private func encrypt(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
    do throws(TLSError) {
      var bytes = bytes
      while bytes.readableBytes > 0 {
        var written = 0
        var failure: TLSError?
        unsafe bytes.withUnsafeReadableBytes { readable in
          do throws(TLSError) {
            if case .bytes(let count) = try unsafe session?.write(readable) { written = count }
          } catch {
            failure = error
          }
        }
        if let failure { throw failure }
        guard written > 0 else { break }
        bytes.moveReaderIndex(forwardBy: written)
      }
      if !drain(context, promise) { promise?.succeed() }
    } catch {
      promise?.fail(error)
      context.fireErrorCaught(error)
    }
  }

  private func drain(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) -> Bool {
    guard let bytes = session?.drain(), !bytes.isEmpty else { return false }
    context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: promise)
    return true
  }

  /// What the peer showed and one of our authorities signed; nil where it showed nothing, or before the handshake is done.
  var certificate: ClientCertificate? {
    guard isEstablished, let subject = session?.peerSubject else { return nil }
    return ClientCertificate(subject: subject, alternativeNames: session?.peerAlternativeNames ?? [])
  }

  /// Gives the session up and appends the bytes it had already decrypted. Nil before the handshake is done.
  ///
  /// To be called after everything written has reached the kernel. The read BIO is empty afterwards; half a record that has arrived
  /// stays inside the session.
  func take(received: inout [UInt8]) throws(TLSError) -> TLSSession? {
    guard isEstablished else { return nil }
    while let bytes = try readOnce(ByteBufferAllocator()), bytes.readableBytes > 0 {
      received += bytes.readableBytesView
    }
    return session.take()
  }
}
