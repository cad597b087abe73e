import Configuration
import Guards
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TLS
import Telemetry

/// Makes the requests that guards ask for: each on a connection of its own, no redirect followed, nothing of a header or body logged.
///
/// `https` with the system's authorities (and those of `SSL_CERT_FILE`); `http` only to this machine, unless the route table allows more.
final class HTTPFetch: Sendable {
  /// Why there is no answer.
  struct Failure: Error, Equatable, CustomStringConvertible {
    /// Stable: what guards are told.
    let name: String
    /// For the log.
    let detail: String

    static let timeout = Failure(name: "timeout", detail: "")
    static func tooLarge(_ limit: Int) -> Failure { Failure(name: "too_large", detail: "more than \(limit) bytes") }
    static func unreachable(_ detail: String) -> Failure { Failure(name: "unreachable", detail: detail) }

    var description: String { detail.isEmpty ? name : "\(name): \(detail)" }
  }

  private let group: any EventLoopGroup
  private let logger: Logger
  /// Made when first needed: most gateways ask nobody.
  private let tls = Mutex<TLSContext?>(nil)
  /// Host and port of endpoints that may be asked in the clear.
  private let plain = Mutex<Set<String>>([])

  init(group: any EventLoopGroup, logger: Logger) {
    self.group = group
    self.logger = logger
  }

  /// From now on these endpoints may be asked in the clear, wherever they are.
  ///
  /// - Parameter endpoints: host and port, as a `Host` field says them.
  func allowPlain(_ endpoints: Set<String>) {
    plain.withLock { $0 = endpoints }
  }

  /// Ends by itself, at the latest after the inquiry's timeout.
  func fetch(_ inquiry: Inquiry) async -> InquiryAnswer {
    do throws(Failure) {
      let answer = try await answer(to: inquiry)
      // What else may be a no is for the guard to tell.
      if case .response(let status, _, _) = answer, status == 429 || status >= 500 { log(inquiry, "status \(status)") }
      return answer
    } catch {
      log(inquiry, "\(error)")
      return .failed(error.name)
    }
  }

  private func log(_ inquiry: Inquiry, _ error: String) {
    logger.warning("inquiry failed", metadata: ["url": "\(Redaction.url(inquiry.url))", "error": "\(error)"])
  }

  func answer(to inquiry: Inquiry) async throws(Failure) -> InquiryAnswer {
    let deadline = NIODeadline.now() + TimeAmount(inquiry.timeout)
    let loop = group.next()
    let url: WebSocketURL
    do throws(WebSocketURL.Problem) { url = try WebSocketURL(http: inquiry.url) } catch { throw .unreachable("no http url") }
    let tls = url.isSecure ? try context() : nil
    do {
      let addresses = try await Resolver.system.addresses(of: url.host, port: url.port, on: loop).get(by: deadline, else: Failure.timeout)
      let (channel, answer) = try await connect(addresses, inquiry, url, tls, loop, deadline)
      defer { channel.close(promise: nil) }
      return try await answer.get(by: deadline, else: Failure.timeout)
    } catch let failure as Failure {
      throw failure
    } catch let failure as Resolver.Failure {
      throw .unreachable(failure.reason)
    } catch {
      throw .unreachable("\(error)")
    }
  }

  /// The first of the addresses that takes the connection. What fails after that is not tried elsewhere.
  private func connect(
    _ addresses: [SocketAddress], _ inquiry: Inquiry, _ url: WebSocketURL, _ tls: TLSContext?, _ loop: any EventLoop,
    _ deadline: NIODeadline
  ) async throws -> (any Channel, EventLoopFuture<InquiryAnswer>) {
    let isAllowed = url.isSecure || plain.withLock { $0.contains(url.authority) }
    let addresses = addresses.filter { isAllowed || $0.ipAddress.flatMap { IPAddress($0) }?.isLoopback == true }
    var failure = Failure.unreachable(isAllowed ? "no address" : "http beyond this machine is not allowed")
    for (index, address) in addresses.enumerated() {
      let rest = deadline - .now()
      guard rest > .nanoseconds(0) else { throw Failure.timeout }
      // A silent address must leave time for the ones after it.
      let share = index == addresses.count - 1 ? rest : .nanoseconds(rest.nanoseconds / 2)
      let answered = loop.makePromise(of: InquiryAnswer.self)
      let bootstrap = ClientBootstrap(group: loop)
        .connectTimeout(share)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let session = try tls?.makeClientSession(serverName: url.host, port: url.port) {
              try pipeline.addHandler(TLSHandler(session))
            }
            try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
            try pipeline.addHandler(FetchHandler(inquiry, url, answered))
          }
        }
      do {
        return (try await bootstrap.connect(to: address).get(), answered.futureResult)
      } catch let error as TLSError {
        answered.fail(error)
        throw Failure.unreachable("tls: \(error.name)")
      } catch {
        answered.fail(error)
        failure = error is ChannelError ? .timeout : .unreachable(Dialer.words(error))
      }
    }
    throw failure
  }

  private func context() throws(Failure) -> TLSContext {
    do {
      return try tls.withLock { context in
        if let context { return context }
        let made = try TLSContext(client: ClientSettings())
        context = made
        return made
      }
    } catch {
      throw .unreachable("tls: \(error)")
    }
  }
}
