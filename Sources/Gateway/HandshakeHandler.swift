import Guards
import NIOCore
import NIOHTTP1
import TLS

/// Whoever answers the one request of a connection.
protocol RequestServer: Sendable {
  /// Answers, hands over or closes; called once, off the channel's pipeline.
  func serve(_ head: RequestHead, on connection: AcceptedConnection) async
  /// Counts what was refused before there was a head to serve.
  func refused(_ refusal: Refusal)
}

extension RequestServer {
  func refused(_ refusal: Refusal) {}
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

  init(
    _ connection: AcceptedConnection, _ end: ChannelEnd, isTLS: Bool, timeouts: (tls: TimeAmount, head: TimeAmount),
    server: any RequestServer
  ) {
    self.connection = connection
    self.end = end
    self.isTLS = isTLS
    self.timeouts = timeouts
    self.server = server
  }

  func channelActive(context: ChannelHandlerContext) {
    if isTLS { expect(within: timeouts.tls, else: nil) } else { expect(within: timeouts.head, else: .headTimeout) }
    context.fireChannelActive()
  }

  /// Gives the peer so long for its next step.
  private func expect(within time: TimeAmount, else kind: Refusal.Kind?) {
    timer?.cancel()
    timer = end.channel.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
      if let kind { refuse(kind) } else { end.channel.close(promise: nil) }
    }
  }

  private func refuse(_ kind: Refusal.Kind, _ message: String? = nil) {
    let refusal = Refusal(kind, message: message)
    server.refused(refusal)
    end.finish(HTTPAnswer(refusal, session: connection.session).secured(tls: isTLS).bytes())
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let parsed) = unwrapInboundIn(data), task == nil else { return }
    timer?.cancel()
    let head = RequestHead(parsed)
    task = Task { [connection, server] in await server.serve(head, on: connection) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is TLSHandler.Established {
      expect(within: timeouts.head, else: .headTimeout)
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
    timer?.cancel()
    if let task {
      guard case .some(.tooMuchEarly) = error as? Gate.Failure else { return }
      // The task may not hand over what is no longer whole, and finds the connection answered.
      task.cancel()
      return refuse(.badRequest, "too much was sent before the answer")
    }
    switch error {
    case is TLSError, is IOError: context.close(promise: nil)
    case is Gate.Failure: refuse(.headTooLarge)
    default: refuse(.badRequest)
    }
  }
}
