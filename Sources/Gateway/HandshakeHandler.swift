import NIOCore
import NIOHTTP1
import TLS

/// Whoever answers the one request of a connection.
protocol RequestServer: Sendable {
  /// Answers, hands over or closes; called once, off the channel's pipeline.
  func serve(_ head: RequestHead, on connection: AcceptedConnection) async
}

/// Last in the pipeline of an accepted channel: waits for the head within its time, then gives it to the server.
final class HandshakeHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  private let connection: AcceptedConnection
  private let end: ChannelEnd
  private let server: any RequestServer
  private let timeouts: (tls: TimeAmount, head: TimeAmount)
  private let isTLS: Bool
  private var timer: Scheduled<Void>?
  private var task: Task<Void, Never>?

  init(_ connection: AcceptedConnection, _ end: ChannelEnd, isTLS: Bool, timeouts: (tls: TimeAmount, head: TimeAmount), server: any RequestServer) {
    self.connection = connection
    self.end = end
    self.isTLS = isTLS
    self.timeouts = timeouts
    self.server = server
  }

  func channelActive(context: ChannelHandlerContext) {
    expect(within: isTLS ? timeouts.tls : timeouts.head, answer: isTLS ? nil : HTTPAnswer.text("Request Timeout\n", status: 408))
    context.fireChannelActive()
  }

  /// Gives the peer so long for its next step.
  private func expect(within time: TimeAmount, answer: HTTPAnswer?) {
    timer?.cancel()
    let end = end
    timer = end.channel.eventLoop.assumeIsolated().scheduleTask(in: time) {
      if let answer { end.finish(answer.bytes()) } else { end.channel.close(promise: nil) }
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let parsed) = unwrapInboundIn(data), task == nil else { return }
    timer?.cancel()
    let head = RequestHead(parsed)
    task = Task { [connection, server] in await server.serve(head, on: connection) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is TLSHandler.Established {
      expect(within: timeouts.head, answer: HTTPAnswer.text("Request Timeout\n", status: 408))
    } else if case .some(.inputClosed) = event as? ChannelEvent {
      // A client that has sent FIN can't be served a session any more.
      if let task { task.cancel() } else { context.close(promise: nil) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    task?.cancel()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard task == nil else { return }
    timer?.cancel()
    switch error {
    case is TLSError, is IOError: context.close(promise: nil)
    case is Gate.Failure: end.finish(HTTPAnswer.text("Request Header Fields Too Large\n", status: 431).bytes())
    default: end.finish(HTTPAnswer.text("Bad Request\n", status: 400).bytes())
    }
  }
}
