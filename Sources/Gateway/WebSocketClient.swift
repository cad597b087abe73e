import Configuration
import NIOCore
import NIOPosix
import TLS
import WebSocket

/// A WebSocket client for the command line: one connection, its messages as a stream.
public struct WebSocketClient: Sendable {
  public enum Event: Sendable {
    case message(Message)
    /// The peer's Close frame, nil when the connection was lost without one. The stream ends with it.
    case closed(ClosePayload?)
  }

  /// Why there is no connection, in words for whoever called.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  public let events: AsyncStream<Event>
  public let subprotocol: String?
  private let socket: NIOLoopBound<MessageHandler>
  private let loop: any EventLoop

  /// Opens `url`.
  ///
  /// - Parameters:
  ///   - authority: PEM file of authorities to trust instead of the system's.
  ///   - budget: for DNS, TCP, TLS and upgrade together.
  public static func connect(
    _ url: WebSocketURL, headers: [HeaderField] = [], subprotocols: [String] = [], authority: String? = nil, budget: Duration = .seconds(30)
  ) async throws(Failure) -> WebSocketClient {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    do {
      var random = SystemRandomNumberGenerator()
      let opening = try ClientOpening(
        host: url.authority, path: url.path + (url.query.map { "?\($0)" } ?? ""), subprotocols: subprotocols, headers: headers,
        using: &random)
      let tls = url.isSecure ? try TLSContext(client: ClientSettings(trust: authority.map { .only(.file($0)) } ?? .system)) : nil
      let target = DialTarget(host: url.host, port: url.port, tls: tls, opening: opening)
      return try await connect(target, by: Dialer(loop: loop), budget: budget)
    } catch let failure as DialFailure {
      throw Failure(description: ProbeWords.plain(failure, host: url.host, address: url.authority, budget: budget))
    } catch {
      throw Failure(description: "\(url.authority): \(error)")
    }
  }

  /// Dials `target`, which makes no offer of compression.
  static func connect(_ target: DialTarget, by dialer: Dialer, budget: Duration) async throws(DialFailure) -> WebSocketClient {
    let loop = dialer.loop
    let dialed = try await dialer.dial(target, budget: TimeAmount(budget))
    let (events, continuation) = AsyncStream.makeStream(of: Event.self)
    let client = try? await loop.submit {
      let handler = MessageHandler(.client, endpoint: StreamEndpoint(continuation))
      try dialed.value.end.speak(handler)
      return WebSocketClient(
        events: events, subprotocol: dialed.value.agreement.subprotocol, socket: NIOLoopBound(handler, eventLoop: loop), loop: loop)
    }.get()
    guard let client else { throw .closedEarly }
    return client
  }

  public func send(_ message: Message) async {
    try? await loop.submit { [socket] in socket.value.send(message) }.get()
  }

  public func close(_ code: CloseCode = .normal, _ reason: String = "") async {
    try? await loop.submit { [socket] in socket.value.close(code, reason) }.get()
  }
}

/// Turns what arrives into a stream.
private final class StreamEndpoint: MessageEndpoint {
  private let continuation: AsyncStream<WebSocketClient.Event>.Continuation

  init(_ continuation: AsyncStream<WebSocketClient.Event>.Continuation) {
    self.continuation = continuation
  }

  func opened(_ socket: MessageHandler) {}

  func receive(_ message: Message, _ socket: MessageHandler) {
    continuation.yield(.message(message))
  }

  func closed(_ close: ClosePayload?, _ socket: MessageHandler) {
    continuation.yield(.closed(close))
    continuation.finish()
  }
}
