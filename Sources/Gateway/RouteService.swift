import Configuration
import Guards
import NIOCore
import Relay
import Vendors
import WebSocket

/// A route with everything its sessions need, made once per configuration and shared by them.
final class RouteService: Sendable {
  let route: Route
  let policy: RoutePolicy
  let upstream: UpstreamService
  /// Composes the upstream's request from a client's.
  let endpoint: Endpoint
  private let terms: SharedTerms
  let inspection: SessionInspection
  /// What is agreed to on a client's leg, and what is offered on the upstream's.
  let deflate: (client: DeflateSettings, upstream: DeflateSettings)
  let dialBudget: TimeAmount

  /// The route's path as configured: its name in logs and metrics.
  var name: String { route.path.description }

  init(_ route: Route, policy: RoutePolicy, upstream: UpstreamService, endpoint: Endpoint, tier: Tier?) throws {
    self.route = route
    self.policy = policy
    self.upstream = upstream
    self.endpoint = endpoint
    dialBudget = TimeAmount(upstream.dialBudget ?? route.timeouts.dial)
    terms = SharedTerms(Self.terms(route, tier))
    inspection = try SessionInspection(route, upstream.descriptor, tier)
    let offers =
      route.compression.upstream == .vendor ? upstream.descriptor?.limits.compression == .offer : route.compression.upstream == .on
    deflate = (
      client: DeflateSettings(route.compression, isEnabled: route.compression.client == .on),
      upstream: DeflateSettings(route.compression, isEnabled: offers)
    )
  }

  /// What holds for a session under a tier: usually the route's own, and then the copy that all share.
  func terms(under tier: TierPolicy) -> SharedTerms {
    guard tier.sessionLength != policy.tier.sessionLength else { return terms }
    var own = terms.terms
    own.sessionMaximum = [route.timeouts.session.value, tier.sessionLength].compactMap(\.?.milliseconds).min()
    return SharedTerms(own)
  }

  private static func terms(_ route: Route, _ tier: Tier?) -> RelayTerms {
    let timeouts = route.timeouts
    let lengths = [timeouts.session.value, tier?.sessionLength.value].compactMap(\.?.milliseconds)
    let ping = timeouts.pingInterval.value?.milliseconds
    return RelayTerms(
      maximumFrame: UInt64(route.messages.maxFrame), maximumMessage: UInt64(route.messages.maxSize),
      maximumRatio: route.compression.maxRatio,
      pings: route.pings == .relay ? .relay : .answer,
      downstream: RelayTerms.LegTerms(
        idle: timeouts.clientIdle.value?.milliseconds, pingInterval: ping, pingTimeout: timeouts.pingTimeout.milliseconds,
        buffer: route.buffers.toClient),
      upstream: RelayTerms.LegTerms(
        idle: timeouts.upstreamIdle.value?.milliseconds, pingInterval: ping, buffer: route.buffers.toUpstream),
      sessionMaximum: lengths.min(), closeTimeout: timeouts.close.milliseconds)
  }
}

extension DeflateSettings {
  init(_ compression: Compression, isEnabled: Bool) {
    self.init(
      isEnabled: isEnabled, serverNoContextTakeover: !compression.contextTakeover, clientNoContextTakeover: !compression.contextTakeover,
      serverMaxWindowBits: compression.windowBits, clientMaxWindowBits: compression.windowBits, level: compression.level,
      minimumSize: compression.minimumSize)
  }
}
