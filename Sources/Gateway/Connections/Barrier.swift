import NIOCore

/// First in the pipeline: knows when everything written before has reached the kernel.
final class Barrier: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var context: ChannelHandlerContext?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// Succeeds once earlier writes are out: writes leave in order, so an empty one that is done says that all before it are.
  func flushed(on loop: any EventLoop) -> EventLoopFuture<Void> {
    guard let context else { return loop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
    return context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
  }
}
