import NIOCore
import NIOHTTP1
import TLS
import WebSocket

/// Sends one upgrade and takes one answer; last in the pipeline of a channel that is connected already.
final class DialHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let target: DialTarget
  private var answered: EventLoopPromise<DialedEnd.Agreement>?
  private let times: DialTimes?

  init(_ target: DialTarget, answered: EventLoopPromise<DialedEnd.Agreement>, times: DialTimes? = nil) {
    self.target = target
    self.answered = answered
    self.times = times
  }

  func handlerAdded(context: ChannelHandlerContext) {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target.opening.path)
    head.headers = HTTPHeaders(target.opening.headers.map { ($0.name, $0.value) })
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = unwrapInboundIn(data) else { return }
    times?.mark(.upgrade)
    guard head.status == .switchingProtocols else {
      return fail(.refused(status: Int(head.status.code), retryAfter: RetryAfter.seconds(head.headers.first(name: "Retry-After"))), context)
    }
    do {
      let agreement = try target.opening.validate(
        status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) })
      let deflate = try target.deflate?.agreement(answer: agreement.extensions)
      answered?.succeed(DialedEnd.Agreement(subprotocol: agreement.subprotocol, deflate: deflate))
      answered = nil
    } catch let error as DeflateAnswerError {
      fail(.badHandshake(error.text), context)
    } catch {
      fail(.badHandshake("\(error)"), context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    fail(.closedEarly, context)
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is TLSHandler.Established { times?.mark(.tls) }
    if case .some(.inputClosed) = event as? ChannelEvent { fail(.closedEarly, context) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case let error as TLSError: fail(.tls(error.name), context)
    case let error as Gate.Failure:
      fail(.badHandshake("\(error)"), context)
      // Behind the answer too: what is lost cannot be relayed.
      context.close(promise: nil)
    // A reset, for one.
    case is IOError: fail(.closedEarly, context)
    default: fail(.badHandshake("the answer is not HTTP"), context)
    }
  }

  private func fail(_ failure: DialFailure, _ context: ChannelHandlerContext) {
    guard let answered else { return }
    self.answered = nil
    answered.fail(failure)
    context.close(promise: nil)
  }
}
