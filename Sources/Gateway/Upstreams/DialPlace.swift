import Configuration
import Guards
import JSON
import NIOCore
import Relay
import Vendors
import WebSocket

/// One endpoint of one upstream, as a route uses it: the route's own upstream comes first, with its endpoints, and then its fallbacks.
struct DialPlace: Sendable {
  let upstream: UpstreamService
  /// Composes the upstream's request from a client's.
  let endpoint: Endpoint
  /// What is offered on the upstream's leg.
  let deflate: DeflateSettings
  let inspection: SessionInspection
  let key: UpstreamTable.Place

  /// - Throws: `InspectionError` for audio rules that cannot be applied to this upstream.
  init(
    _ upstream: UpstreamService, _ endpoint: Endpoint, _ route: Route, _ policy: RoutePolicy, handsOver: Bool = false
  ) throws {
    self.upstream = upstream
    self.endpoint = endpoint
    let choice = route.compression.upstream
    deflate = DeflateSettings(
      route.compression, isEnabled: choice == .vendor ? upstream.descriptor?.limits.compression == .offer : choice == .on)
    inspection = try SessionInspection(route, upstream.descriptor, policy, ready: upstream.readyBudget, handsOver: handsOver)
    key = UpstreamTable.Place(upstream: upstream.name, endpoint: endpoint.base?.authority ?? upstream.name)
  }

  /// Whether the client's first message may hold its credential, or is to hold the vendor's.
  var usesFirstMessage: Bool {
    upstream.descriptor?.credential.placements.contains { if case .firstMessage = $0 { true } else { false } } ?? false
  }
}

/// An upstream that has answered 101, and what belongs to it.
struct OpenedUpstream: Sendable {
  let place: DialPlace
  let request: UpstreamRequest
  /// What the request for the session's URL said; nil where there was none.
  let initBody: JSONValue?
  /// To be kept as long as the upstream is open; nil where it wants none.
  let credential: CredentialLease?
  /// Milliseconds that this dial took, without those that failed before it.
  let dialled: Int64
  let end: NIOLoopBound<DialedEnd>
}

extension Snapshot {
  /// Host and port of upstreams that are reached in the clear, as their operator says: so may be what they are asked beforehand.
  var plainEndpoints: Set<String> {
    Set(routes.flatMap(\.places).compactMap { $0.endpoint.base }.filter { $0.scheme == "ws" }.map(\.authority))
  }
}
