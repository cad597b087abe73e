import Configuration
import Guards
import NIOCore
import Telemetry

/// How one address of ours receives connections: whom it believes, what it lets strangers hold, and what it counts and logs of them.
struct Reception: Sendable {
  /// Why a connection was closed without an answer. The raw value is the label of the metric.
  enum Rejection: String {
    case handshakeLimit = "handshake_limit"
    case proxyHeader = "proxy_header"
    case tls
    case tlsTimeout = "tls_timeout"
    case tooManyBytes = "too_many_bytes"
  }

  /// What proxies may announce before the first byte.
  struct ProxyHeaders: Sendable {
    let isRequired: Bool
    /// Bytes of a version 2 header.
    let maximum: Int
  }

  private let core: GatewayCore
  private let listener: String
  private let handshakes: HandshakeGuard
  private let open: Gauge
  private let lines: LineBudget
  /// Nil where the PROXY protocol is off.
  let proxyHeaders: ProxyHeaders?

  /// - Parameters:
  ///   - listener: its address, for metrics.
  ///   - handshakes: shared by all listeners of clients.
  ///   - lines: shared by all listeners.
  init(_ core: GatewayCore, listener: String, handshakes: HandshakeGuard, proxyHeaders: ProxyHeaders? = nil, lines: LineBudget) {
    self.core = core
    self.listener = listener
    self.handshakes = handshakes
    self.proxyHeaders = proxyHeaders
    self.lines = lines
    open = core.metrics.connectionsOpen(listener)
  }

  /// Bytes that a stranger may send.
  var bytes: Int { handshakes.limits.bytes }

  /// Whether an address is one of our own proxies.
  func isTrusted(_ address: IPAddress) -> Bool {
    core.snapshot.configuration.trustedProxies.contains { $0.contains(address) }
  }

  /// Counts an accepted connection.
  ///
  /// - Parameter peer: nil when that is a trusted proxy: then the client is to be located.
  func begin(_ peer: ClientAddress?) throws(Refusal) -> HandshakeLease {
    do throws(Refusal) {
      let lease = try handshakes.begin(peer?.key, ip: peer.map(core.logged) ?? "")
      open.add()
      return lease
    } catch {
      reject(.handshakeLimit, error.event)
      throw error
    }
  }

  /// A connection that was counted is closed, or a session's.
  func end() { open.subtract() }

  /// Counts a stranger under the client that a proxy names.
  func locate(_ lease: inout HandshakeLease, at client: ClientAddress) throws(Refusal) {
    do throws(Refusal) {
      try handshakes.locate(&lease, at: client.key, ip: core.logged(client))
    } catch {
      // Logged here, where it is sampled.
      if let event = error.event { log(event) }
      throw Refusal(error.kind, retryAfter: error.retryAfter, budget: error.budget)
    }
  }

  /// The client of a request, by what trusted proxies say of it.
  ///
  /// - Throws: where they do not say which that is.
  func client(of head: RequestHead, peer: IPAddress) throws(Refusal) -> ClientAddress {
    let headers = ForwardingHeaders(
      forwarded: head.values("Forwarded"), forwardedFor: head.values("X-Forwarded-For"), realIP: head.values("X-Real-IP"))
    do throws(ForwardingError) {
      return try ClientAddress(peer: peer, trusted: core.snapshot.configuration.trustedProxies, headers: headers)
    } catch {
      // Logged here, where it is sampled.
      log(.blockedForwarding(ip: core.logged(ClientAddress(peer)), error: error.rawValue))
      throw Refusal(.badRequest, message: "Forwarded, X-Forwarded-For and X-Real-IP do not say who the client is: \(error.rawValue)")
    }
  }

  /// Counts a connection that is closed unanswered.
  func reject(_ rejection: Rejection, _ event: SecurityEvent? = nil) {
    core.metrics.connectionsRejected(listener, rejection.rawValue).add()
    if let event { log(event) }
  }

  func rejectProxyHeader(_ error: ProxyHeaderError, from peer: IPAddress) {
    reject(.proxyHeader, .blockedProxyHeader(ip: core.logged(ClientAddress(peer)), error: error.description))
  }

  /// In a flood a line for each would be a second one; the metric counts them all.
  private func log(_ event: SecurityEvent) {
    guard lines.take(now: NIODeadline.now().uptimeNanoseconds) else { return }
    core.log { event.log(to: $0) }
  }
}
