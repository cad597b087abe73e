import Guards
import NIOCore
import NIOHTTP1
import TLS
import Telemetry
import Tokens

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

  /// How long each step may take. A PROXY header shares the time of what follows it.
  struct Timeouts: Sendable {
    var tls = TimeAmount.seconds(10)
    var head = TimeAmount.seconds(10)
  }

  private let end: ChannelEnd
  private let stranger: Stranger
  private let server: any RequestServer
  private let timeouts: Timeouts
  private let isTLS: Bool
  /// The id that answers and logs have for this opening.
  private let session = Hex.text(SecureRandom.bytes(8))
  /// Whether an answer can be read: at once, or when the TLS handshake is done.
  private var canAnswer: Bool
  private var timer: Scheduled<Void>?
  private var task: Task<Void, Never>?

  init(_ end: ChannelEnd, _ stranger: Stranger, isTLS: Bool, timeouts: Timeouts, server: any RequestServer) {
    self.end = end
    self.stranger = stranger
    self.isTLS = isTLS
    self.timeouts = timeouts
    self.server = server
    canAnswer = !isTLS
  }

  func channelActive(context: ChannelHandlerContext) {
    expect(within: isTLS ? timeouts.tls : timeouts.head)
    context.fireChannelActive()
  }

  /// Gives the peer so long for its next step.
  private func expect(within time: TimeAmount) {
    timer?.cancel()
    timer = end.channel.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
      if canAnswer { refuse(Refusal(.headTimeout)) } else { reject(.tlsTimeout) }
    }
  }

  private func refuse(_ refusal: Refusal) {
    server.refused(refusal)
    end.finish(HTTPAnswer(refusal, session: session).secured(tls: isTLS).bytes())
  }

  private func reject(_ rejection: Reception.Rejection) {
    stranger.reception?.reject(rejection)
    end.channel.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let parsed) = unwrapInboundIn(data), task == nil else { return }
    timer?.cancel()
    let head = RequestHead(parsed)
    do throws(Refusal) { try stranger.locate(by: head) } catch { return refuse(error) }
    let loop = context.eventLoop
    let trace = TraceContext(head)
    let connection = AcceptedConnection(
      NIOLoopBound(end, eventLoop: loop), NIOLoopBound(stranger, eventLoop: loop), on: loop,
      label: SessionLabel(session: session, head, trace), trace: trace, isTLS: isTLS)
    task = Task { [server] in await server.serve(head, on: connection) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is TLSHandler.Established {
      canAnswer = true
      expect(within: timeouts.head)
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
    let isTooMuch = error is StrangerHandler.TooMuch || error as? Gate.Failure == .tooMuchEarly
    if isTooMuch, end.isFinished { return reject(.tooManyBytes) }
    if let task {
      guard isTooMuch else { return }
      // The task may not hand over what is no longer whole, and finds the connection answered.
      task.cancel()
      return refuse(Refusal(.badRequest, message: "too much was sent before the answer"))
    }
    switch error {
    case let error as ProxyHeaderError:
      stranger.reception?.rejectProxyHeader(error, from: stranger.peer)
      context.close(promise: nil)
    case is TLSHandler.PlainText:
      // Without encryption, as it was asked.
      end.finish(HTTPAnswer.text("This port speaks TLS: use https:// or wss://\n", status: 400).secured(tls: false).bytes())
    case is TLSError where !canAnswer: reject(.tls)
    case is TLSError, is IOError: context.close(promise: nil)
    case is StrangerHandler.TooMuch where !canAnswer: reject(.tooManyBytes)
    case is Gate.Failure, is StrangerHandler.TooMuch: refuse(Refusal(.headTooLarge))
    default: refuse(Refusal(.badRequest))
    }
  }
}
