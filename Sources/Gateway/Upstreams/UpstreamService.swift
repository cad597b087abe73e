import Configuration
import NIOCore
import TLS
import Vendors
import WebSocket

/// An upstream of the route table, ready to be dialled.
struct UpstreamService: Sendable {
  let name: String
  /// Nil for an upstream that is nothing but its URL.
  let descriptor: VendorDescriptor?
  /// The vendor's credentials, in the order of the file; none where it wants none, or where none could be had.
  let credentials: [Credential]
  /// Trust towards it; nil for `ws://`.
  let tls: TLSContext?
  /// From the name to the answered upgrade; nil for the route's.
  let dialBudget: Duration?
  /// From there until it is ready; nil for the route's.
  var readyBudget: Duration?
  /// Where the vendor's own simulator stands in for it.
  let simulator: Simulation?
  /// Whether it is told which trace a session belongs to.
  var sendsTrace = false
  /// Its endpoints by name, in the order of the file.
  var endpoints: [String] = []
  /// Whether it lets nobody in without a credential.
  var needsCredential = false
  /// When an endpoint that fails is left alone; nil for never.
  var circuit: CircuitSettings?
  /// How long a credential rests that was refused or throttled.
  var coolDown = Duration.seconds(60)
  /// How often secrets are read again; nil for never.
  var refresh: Duration?
  /// Nil where one of its sessions takes up no other.
  var handover: SessionHandover.Settings?

  /// One of its credentials.
  struct Credential: Sendable {
    let reference: SecretReference
    var weight = 1
    var concurrent: Int?
    let secret: RotatingSecret
  }

  /// A simulator's address and the credential that it demands.
  struct Simulation: Sendable {
    let port: Int
    let secret: Secret
  }

  var isSimulated: Bool { simulator != nil }

  /// The first of its credentials that could be had.
  var secret: Secret? { credentials.lazy.compactMap(\.secret.secret).first }

  /// Whether every session will be refused for want of a credential.
  var lacksCredential: Bool { needsCredential && secret == nil }

  /// Whom to dial for a request, and what to say.
  ///
  /// - Parameter deflate: what an offer of permessage-deflate is made from.
  func target(_ request: UpstreamRequest, deflate: DeflateSettings? = nil) throws(ClientOpeningError) -> DialTarget {
    var random = SystemRandomNumberGenerator()
    let opening = try ClientOpening(
      host: request.url.authority, path: request.target, subprotocols: request.subprotocols,
      extensions: deflate?.offer.map { [$0] } ?? [], headers: request.headers.map { (name: $0.0, value: $0.1) }, using: &random)
    if let simulator { return DialTarget(host: "127.0.0.1", port: simulator.port, tls: nil, opening: opening, deflate: deflate) }
    return DialTarget(
      host: request.host, port: request.port, tls: request.scheme == "wss" ? tls : nil, opening: opening, deflate: deflate)
  }
}

extension TimeAmount {
  /// As long as there is room for; none for a negative duration.
  init(_ duration: Duration) { self = .nanoseconds(Int64(clamping: duration.wholeNanoseconds)) }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
