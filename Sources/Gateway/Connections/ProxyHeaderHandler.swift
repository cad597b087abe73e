import NIOCore

/// Stands before TLS where proxies announce their clients: takes the PROXY header off the connection, then leaves the pipeline.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private var reader: ProxyHeaderReader
  private let stranger: Stranger
  private var isDone = false

  init(_ reader: ProxyHeaderReader, _ stranger: Stranger) {
    self.reader = reader
    self.stranger = stranger
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDone else { return }
    let bytes = unwrapInboundIn(data)
    switch reader.receive(bytes.readableBytesView) {
    case .wait: return
    case .refuse(let error):
      isDone = true
      context.fireErrorCaught(error)
    case .proceed(let header, let rest):
      isDone = true
      guard header.map(stranger.announce) ?? true else { return context.close(promise: nil) }
      if !rest.isEmpty { context.fireChannelRead(wrapInboundOut(context.channel.allocator.buffer(bytes: rest))) }
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
  }
}
