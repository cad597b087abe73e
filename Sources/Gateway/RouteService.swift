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
  /// Where its sessions may lead, in the order in which that is tried.
  let places: [DialPlace]
  private let terms: SharedTerms
  /// What is agreed to on a client's leg.
  let deflate: DeflateSettings
  let dialBudget: TimeAmount
  /// Of routes whose clients speak to the gateway itself first; nil for the others.
  let handshake: SocketHandshake.Settings?
  /// Nil where a session has one upstream to its end, or asks for another itself.
  let handover: SessionHandover.Settings?

  /// The route's path as configured: its name in logs and metrics.
  var name: String { route.path.description }

  /// - Parameter upstreams: one at least: the route's own, once for each of its endpoints, and then its fallbacks'.
  init(_ route: Route, policy: RoutePolicy, upstreams: [(UpstreamService, Endpoint)]) throws {
    self.route = route
    self.policy = policy
    let handover = upstreams[0].0.handover
    places = try upstreams.map { try DialPlace($0.0, $0.1, route, policy, handsOver: handover != nil) }
    self.handover = handover
    let upstream = places[0].upstream
    dialBudget = TimeAmount(upstream.dialBudget ?? route.timeouts.dial)
    terms = SharedTerms(Self.terms(route, policy.tier, marksTurns: places.contains { $0.inspection.marksTurns }))
    let usesFirstMessage = places.contains { $0.usesFirstMessage }
    handshake = route.handshake.isInside || usesFirstMessage ? SocketHandshake.Settings(route, places, policy) : nil
    deflate = DeflateSettings(route.compression, isEnabled: route.compression.client == .on)
  }

  /// Who reads a client's messages one by one.
  enum LobbyKind: Sendable {
    case handshake(SocketHandshake.Settings)
    /// Around the handshake, where there is one.
    case handover(SessionHandover.Settings, SocketHandshake.Settings?)
  }

  /// Nil where they pass as they come.
  var lobby: LobbyKind? { handover.map { .handover($0, handshake) } ?? handshake.map { .handshake($0) } }

  /// The upstream that the route names.
  var upstream: UpstreamService { places[0].upstream }
  /// Its first endpoint.
  var endpoint: Endpoint { places[0].endpoint }

  /// What the upstream is sent before anything of the client, as frames.
  func openingFrames() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return route.handshake.opening.flatMap { Message.text($0).frame(maskKey: random.next()) }
  }

  /// What makes the inspectors of one session; nil where nothing is looked for.
  ///
  /// - Parameters:
  ///   - tier: that holds for its client.
  ///   - ticket: of the session.
  ///   - succeeds: whether the upstream takes up what an earlier one has left.
  func inspectors(
    of opened: OpenedUpstream, meters: [Metered], tier: TierPolicy, for ticket: SessionTicket, succeeds: Bool = false
  ) -> (@Sendable () -> Inspectors)? {
    let inspection = opened.place.inspection
    return inspection.inspectors(
      meters: meters, limits: limits(tier, marksTurns: inspection.marksTurns), succeeds: succeeds, query: opened.request.url.query,
      initBody: opened.initBody, audioSeconds: ticket.audioSeconds
    ) { ticket.note($0) }
  }

  /// What holds for the length of a session.
  private func limits(_ tier: TierPolicy, marksTurns: Bool) -> SessionAttendant.Limits {
    let longest = Self.longest(route, tier)
    var limits = SessionAttendant.Limits(grace: tier.grace.milliseconds)
    if marksTurns, limits.grace > 0 { limits.length = longest }
    let warn = tier.warn.milliseconds
    if let longest, tier.sessionLength != nil, warn > 0, warn < longest { limits.warning = (longest - warn, warn) }
    return limits
  }

  private static func longest(_ route: Route, _ tier: TierPolicy) -> Int64? {
    [route.timeouts.session.value, tier.sessionLength].compactMap(\.?.milliseconds).min()
  }

  /// What holds for a session under a tier: usually the route's own, and then the copy that all share.
  func terms(under tier: TierPolicy) -> SharedTerms {
    guard tier.sessionLength != policy.tier.sessionLength || tier.grace != policy.tier.grace else { return terms }
    var own = terms.terms
    own.sessionMaximum = Self.sessionMaximum(route, tier, marksTurns: places.contains { $0.inspection.marksTurns })
    return SharedTerms(own)
  }

  /// Where a session ends whatever is said in it.
  private static func sessionMaximum(_ route: Route, _ tier: TierPolicy, marksTurns: Bool) -> Int64? {
    longest(route, tier).map { $0 + (marksTurns ? tier.grace.milliseconds : 0) }
  }

  private static func terms(_ route: Route, _ tier: TierPolicy, marksTurns: Bool) -> RelayTerms {
    let timeouts = route.timeouts
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
      sessionMaximum: sessionMaximum(route, tier, marksTurns: marksTurns), closeTimeout: timeouts.close.milliseconds)
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
  init(_ route: Route, _ places: [DialPlace], _ policy: RoutePolicy) {
    let (handshake, upstream) = (route.handshake, places[0].upstream)
    // Titles begin with the vendor's name.
    let vendor = upstream.descriptor?.title.split(separator: " ").first.map { String($0) }
    self.init(
      authenticate: handshake.authenticate, canAuthenticate: !policy.credentials.isEmpty, connect: handshake.connect,
      forwardsConnect: handshake.forwardConnect,
      texts: SocketTexts(style: handshake.effectiveStyle, upstream: handshake.name ?? vendor ?? "Upstream"), early: handshake.early,
      earlyBytes: route.buffers.early, timeout: route.timeouts.authentication.milliseconds)
    let vendors = places.filter(\.usesFirstMessage).compactMap(\.upstream.descriptor)
    if !vendors.isEmpty { firstMessage = FirstMessageRules(vendors) }
  }
}
