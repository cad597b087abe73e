import Configuration
import Guards
import NIOCore
import NIOHTTP1
import TLS

/// Sends one request and collects one answer; last in the pipeline of a connection that is for nothing else.
final class FetchHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let inquiry: Inquiry
  private let url: WebSocketURL
  private let answered: EventLoopPromise<InquiryAnswer>
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []
  private var isSettled = false

  init(_ inquiry: Inquiry, _ url: WebSocketURL, _ answered: EventLoopPromise<InquiryAnswer>) {
    self.inquiry = inquiry
    self.url = url
    self.answered = answered
  }

  func channelActive(context: ChannelHandlerContext) {
    var head = HTTPRequestHead(
      version: .http1_1, method: HTTPMethod(rawValue: inquiry.method), uri: url.path + (url.query.map { "?\($0)" } ?? ""))
    head.headers.add(name: "Host", value: url.authority)
    for field in inquiry.headers { head.headers.add(name: field.name, value: field.value) }
    // Also of a body that is empty (RFC 9110 section 8.6): else it would be announced in chunks.
    if !inquiry.body.isEmpty || inquiry.method != "GET" { head.headers.add(name: "Content-Length", value: String(inquiry.body.count)) }
    head.headers.add(name: "Connection", value: "close")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !inquiry.body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: inquiry.body)))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isSettled else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      if let length = head.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > inquiry.maximumBytes {
        fail(.tooLarge(inquiry.maximumBytes), context)
      }
    case .body(let part):
      guard body.count + part.readableBytes <= inquiry.maximumBytes else { return fail(.tooLarge(inquiry.maximumBytes), context) }
      body += part.readableBytesView
    case .end:
      guard let head else { return }
      isSettled = true
      let fields = head.headers.map { Inquiry.Field($0.name, $0.value) }
      answered.succeed(.response(status: Int(head.status.code), headers: fields, body: body))
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    fail(.unreachable("the connection ended before the answer did"), context)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case let error as TLSError: fail(.unreachable("tls: \(error.name)"), context)
    case is IOError: fail(.unreachable("the connection ended before the answer did"), context)
    // A field that is none, for one: nothing of it is said.
    default: fail(.unreachable("request or answer is not http"), context)
    }
  }

  private func fail(_ failure: HTTPFetch.Failure, _ context: ChannelHandlerContext) {
    guard !isSettled else { return }
    isSettled = true
    answered.fail(failure)
    context.close(promise: nil)
  }
}
