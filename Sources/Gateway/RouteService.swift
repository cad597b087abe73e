import Configuration
import Guards
import NIOCore
import Relay
import Vendors

/// A route with everything its sessions need, made once per configuration.
struct RouteService: Sendable {
  let route: Route
  let policy: RoutePolicy
  let upstream: UpstreamService
  /// Composes the upstream's request from a client's.
  let endpoint: Endpoint
  let terms: RelayTerms
  let dialBudget: TimeAmount

  /// The route's path as configured: its name in logs and metrics.
  var name: String { route.path.description }

  init(_ route: Route, policy: RoutePolicy, upstream: UpstreamService, endpoint: Endpoint, tier: Tier?) {
    self.route = route
    self.policy = policy
    self.upstream = upstream
    self.endpoint = endpoint
    dialBudget = TimeAmount(upstream.dialBudget ?? route.timeouts.dial)
    terms = Self.terms(route, tier)
  }

  private static func terms(_ route: Route, _ tier: Tier?) -> RelayTerms {
    let timeouts = route.timeouts
    let lengths = [timeouts.session.value, tier?.sessionLength.value].compactMap(\.?.milliseconds)
    let ping = timeouts.pingInterval.value?.milliseconds
    return RelayTerms(
      maximumFrame: UInt64(route.messages.maxFrame), maximumMessage: UInt64(route.messages.maxSize),
      pings: route.pings == .relay ? .relay : .answer,
      downstream: RelayTerms.LegTerms(
        idle: timeouts.clientIdle.value?.milliseconds, pingInterval: ping, pingTimeout: timeouts.pingTimeout.milliseconds,
        buffer: route.buffers.toClient),
      upstream: RelayTerms.LegTerms(
        idle: timeouts.upstreamIdle.value?.milliseconds, pingInterval: ping, buffer: route.buffers.toUpstream),
      sessionMaximum: lengths.min(), closeTimeout: timeouts.close.milliseconds)
  }
}
