import NIOCore

/// Stands first: holds a stranger to the bytes it may send, encrypted or not, head and all.
final class StrangerHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// More came than a stranger may send; it was dropped.
  struct TooMuch: Error {}

  private let stranger: Stranger
  private var dropped = 0
  /// Bytes that are still taken, and dropped, while an answer is on its way: a socket closed with unread input resets the connection.
  private static let mostDropped = 64 << 10

  init(_ stranger: Stranger) {
    self.stranger = stranger
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let count = unwrapInboundIn(data).readableBytes
    if dropped == 0, stranger.receive(count) { return context.fireChannelRead(data) }
    let isFirst = dropped == 0
    dropped += count
    if isFirst {
      context.fireErrorCaught(TooMuch())
    } else if dropped > Self.mostDropped {
      context.close(promise: nil)
    }
  }
}
