import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server in the test's own process that says the same to everybody, byte for byte, and remembers what it was asked.
final class StubServer: Sendable {
  let port: Int
  private let channel: any Channel
  private let log = StubLog()

  /// - Parameters:
  ///   - answer: whole, head and body; nil to say nothing at all.
  ///   - closes: whether the connection ends with the answer.
  init(_ answer: String?, closes: Bool = true) async throws {
    let log = log
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(StubHandler(answer, closes: closes, log: log))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  deinit { channel.close(promise: nil) }

  /// Every request that came, whole.
  var requests: [String] { log.requests.withLock { $0 } }
}

private final class StubLog: Sendable {
  let requests = Mutex<[String]>([])
}

private final class StubHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let answer: String?
  private let closes: Bool
  private let log: StubLog
  private var text = ""
  private var hasAnswered = false

  init(_ answer: String?, closes: Bool, log: StubLog) {
    self.answer = answer
    self.closes = closes
    self.log = log
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    text += String(buffer: unwrapInboundIn(data))
    guard !hasAnswered, let end = text.firstRange(of: "\r\n\r\n") else { return }
    let name = "content-length: "
    let length = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    guard text[end.upperBound...].utf8.count >= length else { return }
    hasAnswered = true
    log.requests.withLock { $0.append(text) }
    guard let answer else { return }
    let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)))
    if closes { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
  }
}
