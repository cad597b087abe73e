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
  /// Of routes whose clients speak to the gateway itself first; nil for the others.
  let handshake: SocketHandshake.Settings?
  private let replies: [ReplyInspector.Reply]

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
    handshake = route.handshake.isInside ? SocketHandshake.Settings(route, upstream, policy) : nil
    replies = route.handshake.replies.sorted { $0.key < $1.key }.map { ReplyInspector.Reply(type: $0.key, text: Array($0.value.utf8)) }
    let offers =
      route.compression.upstream == .vendor ? upstream.descriptor?.limits.compression == .offer : route.compression.upstream == .on
    deflate = (
      client: DeflateSettings(route.compression, isEnabled: route.compression.client == .on),
      upstream: DeflateSettings(route.compression, isEnabled: offers)
    )
  }

  /// What the upstream is sent before anything of the client, as frames.
  func openingFrames() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return route.handshake.opening.flatMap { Message.text($0).frame(maskKey: random.next()) }
  }

  /// What makes the inspectors of one session; nil where nothing is looked for.
  ///
  /// - Parameters:
  ///   - query: of the upstream's URL, where formats may be declared.
  ///   - report: is told, on the reactor's thread, what the log should know.
  func inspectors(
    meters: [Metered], query: Query, report: @escaping @Sendable (SessionNotice) -> Void
  ) -> (@Sendable () -> Inspectors)? {
    let make = inspection.inspectors(meters: meters, query: query, report: report)
    guard !replies.isEmpty else { return make }
    return { [replies] in
      var inspectors = make?() ?? Inspectors()
      inspectors.upstream = ReplyInspector(replies, before: inspectors.upstream)
      return inspectors
    }
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

extension SocketHandshake.Settings {
  init(_ route: Route, _ upstream: UpstreamService, _ policy: RoutePolicy) {
    let handshake = route.handshake
    // Titles begin with the vendor's name.
    let vendor = upstream.descriptor?.title.split(separator: " ").first.map { String($0) }
    self.init(
      authenticate: handshake.authenticate, canAuthenticate: !policy.credentials.isEmpty, connect: handshake.connect,
      forwardsConnect: handshake.forwardConnect,
      texts: SocketTexts(style: handshake.effectiveStyle, upstream: handshake.name ?? vendor ?? "Upstream"), early: handshake.early,
      earlyBytes: route.buffers.early, timeout: route.timeouts.authentication.milliseconds)
  }
}
