import NIOCore

/// Stands before the HTTP decoder: lets exactly one message head through, keeps every byte after it, and stops reading.
///
/// What follows an upgrade is not HTTP and belongs to whoever takes the socket over, so the decoder must never see it.
final class Gate: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Failure: Error, Equatable {
    /// The head is longer than allowed.
    case headTooLarge
    /// More came behind the head than is kept. It is lost, so the connection cannot go on.
    case tooMuchEarly
  }

  enum Kind {
    case request
    /// Interim responses (1xx other than 101) pass before the final head (RFC 9110 section 15.2).
    case response
  }

  let kind: Kind
  private let maximumHead: Int
  private let maximumKept: Int
  private var kept = ByteBuffer()
  private var scanned = 0
  private var isShut = false
  private var isDiscarding = false
  private var context: ChannelHandlerContext?
  /// A body that somebody waits for: so many bytes behind the head.
  private var wanted: (count: Int, promise: EventLoopPromise<[UInt8]>)?
  private var isOpen = false

  /// - Parameters:
  ///   - maximumHead: bytes of the head, its end included.
  ///   - maximumKept: bytes after the head that are kept for whoever takes over.
  init(_ kind: Kind, maximumHead: Int, maximumKept: Int) {
    self.kind = kind
    self.maximumHead = maximumHead
    self.maximumKept = maximumKept
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelInactive(context: ChannelHandlerContext) {
    wanted.take()?.promise.fail(ChannelError.eof)
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isDiscarding { return }
    if isOpen { return context.fireChannelRead(data) }
    var bytes = unwrapInboundIn(data)
    kept.writeBuffer(&bytes)
    while !isShut, let length = headLength() {
      guard length <= maximumHead else { return fail(.headTooLarge, context) }
      let isInterim = kind == .response && status().map { (100..<200).contains($0) && $0 != 101 } == true
      isShut = !isInterim
      scanned = 0
      guard let head = kept.readSlice(length: length) else { return }
      context.fireChannelRead(wrapInboundOut(head))
    }
    if isShut, kept.readableBytes > maximumKept { fail(.tooMuchEarly, context) }
    if let wanted, kept.readableBytes >= wanted.count { deliver() }
    if !isShut, kept.readableBytes > maximumHead { fail(.headTooLarge, context) }
  }

  private func fail(_ failure: Failure, _ context: ChannelHandlerContext) {
    isDiscarding = true
    kept.clear()
    wanted.take()?.promise.fail(failure)
    context.fireErrorCaught(failure)
  }

  /// Nothing is read past the head; the kernel holds what comes early, and its window slows the sender.
  func read(context: ChannelHandlerContext) {
    if !isShut || isDiscarding || isOpen || wanted != nil { context.read() }
  }

  /// Reads on until the request's body is there, and takes it.
  ///
  /// - Parameters:
  ///   - count: bytes of the body.
  ///   - promise: fails when the connection ends before.
  func collect(_ count: Int, _ promise: EventLoopPromise<[UInt8]>) {
    wanted = (count, promise)
    guard kept.readableBytes < count else { return deliver() }
    guard let context, context.channel.isActive else { return wanted.take()?.promise.fail(ChannelError.eof) ?? () }
    context.read()
  }

  private func deliver() {
    guard let (count, promise) = wanted.take() else { return }
    promise.succeed(kept.readBytes(length: count) ?? [])
  }

  /// The bytes after the head; the gate keeps nothing.
  func takeKept() -> [UInt8] {
    defer { kept = ByteBuffer() }
    return Array(kept.readableBytesView)
  }

  /// From now on everything passes: whoever stands behind the gate speaks WebSocket itself.
  func open() { isOpen = true }

  /// From now on reads whatever comes and drops it: a socket closed with unread input resets the connection, which can eat the answer.
  func discardFurtherInput() {
    isDiscarding = true
    kept = ByteBuffer()
  }

  /// Length of the head at the front, up to and with the empty line, once it is all there.
  private func headLength() -> Int? {
    let bytes = kept.readableBytesView
    var index = bytes.startIndex + max(0, scanned - 3)
    while index + 3 < bytes.endIndex {
      if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
        return index + 4 - bytes.startIndex
      }
      index += 1
    }
    scanned = bytes.count
    return nil
  }

  /// The status code of the response at the front: `HTTP/1.1 101`.
  private func status() -> Int? {
    kept.getString(at: kept.readerIndex + 9, length: 3).flatMap { Int($0) }
  }
}
