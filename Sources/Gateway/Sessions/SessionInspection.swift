import Configuration
import Guards
import JSON
import Relay
import Telemetry
import Vendors

/// What the sessions of a route look for in their messages, made once per configuration.
struct SessionInspection: Sendable {
  /// Of the client and of the upstream; nil where audio is not looked at.
  private let audio: (input: AudioPlan, output: AudioPlan)?
  /// Nil where nothing is known of what the upstream's messages mean, and nothing is asked for.
  private let conduct: ConductPlan?

  /// - Parameters:
  ///   - ready: how long the upstream may take to be ready; nil for as long as the route says.
  ///   - handsOver: whether another of its sessions may take up one that ends.
  /// - Throws: `InspectionError` for rules that cannot be applied to the route's upstream.
  init(
    _ route: Route, _ descriptor: VendorDescriptor?, _ policy: RoutePolicy, ready: Duration? = nil, handsOver: Bool = false
  ) throws {
    conduct = try Self.conduct(route, descriptor, ready: ready ?? route.timeouts.ready, handsOver: handsOver)
    let billsAudio = conduct?.billsAudio ?? false
    let metersAudio = { (tier: TierPolicy) in
      tier.meters.contains { $0.measure == .audio || ($0.measure == .usage && billsAudio) }
    }
    let isMeant = route.audio.policy != .off || metersAudio(policy.tier)
    let isKnown = descriptor != nil || route.audio.encoding != nil
    // A credential may bring a tier of its own; of an upstream whose audio is not known it can limit everything else.
    guard isMeant || (isKnown && policy.tiers.values.contains(where: metersAudio)) else {
      audio = nil
      return
    }
    guard isKnown else {
      throw InspectionError("its 'audio' needs an 'encoding', since nothing is known of the audio of a plain url")
    }
    let vendor = descriptor ?? .plain
    audio = (try AudioPlan(vendor, .input, route: route.audio), try AudioPlan(vendor, .output, route: route.audio))
  }

  private static func conduct(
    _ route: Route, _ descriptor: VendorDescriptor?, ready: Duration, handsOver: Bool
  ) throws -> ConductPlan? {
    var settings = ConductSettings()
    (settings.ready, settings.handsOver) = (ready, handsOver)
    settings.clientAudioIdle = route.timeouts.clientAudioIdle.value
    settings.replies = route.handshake.replies.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    settings.types = route.messages.types
    settings.pinned = route.messages.pinned.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    settings.opening = route.handshake.opening
    if let descriptor {
      let plan = try ConductPlan(descriptor, settings)
      return plan.isIdle ? nil : plan
    }
    let asks = !settings.replies.isEmpty || !settings.types.isEmpty || !settings.pinned.isEmpty
    guard asks || settings.clientAudioIdle != nil else { return nil }
    var vendor = VendorDescriptor.plain
    if asks { (vendor.codec.client, vendor.codec.server) = (.jsonTextAndBinaryAudio, .jsonTextAndBinaryAudio) }
    return try ConductPlan(vendor, settings)
  }

  /// Whether the vendor says when a turn is over, so that a session can end with one.
  var marksTurns: Bool { conduct?.marksTurns ?? false }

  /// What makes the inspectors of one session; nil where nothing is looked for.
  ///
  /// - Parameters:
  ///   - limits: that hold for its client.
  ///   - succeeds: whether the vendor takes up what an earlier session with it has left.
  ///   - query: of the upstream's URL, where formats may be declared.
  ///   - initBody: what the request for that URL said, where they may be declared as well; nil where there was none.
  ///   - audioSeconds: where a direction's audio is counted; not asked where none is looked at.
  ///   - report: is told, on the reactor's thread, what the log should know.
  func inspectors(
    meters: [Metered], limits: SessionAttendant.Limits, succeeds: Bool = false, query: Query, initBody: JSONValue?,
    audioSeconds: (ReactorCounters.Direction) -> TimeCounter, report: @escaping @Sendable (SessionNotice) -> Void
  ) -> (@Sendable () -> Inspectors)? {
    let usage = meters.of(.usage)
    let isAttended = conduct != nil || limits.warning != nil
    guard audio != nil || isAttended || !meters.isEmpty else { return nil }
    let (up, down) = audio == nil ? (nil, nil) : (audioSeconds(.up), audioSeconds(.down))
    return { [audio, conduct] in
      let attendant =
        isAttended
        ? SessionAttendant(
          conduct, succeeds: succeeds, query: query, limits: limits, usage: usage, report: report) : nil
      let heard = conduct == nil ? nil : attendant
      var inspectors = Inspectors(attendant: attendant)
      guard audio != nil || heard != nil || !meters.isEmpty else { return inspectors }
      let input = SessionInspector(
        .client, meters: meters, audio: audio.map { AudioInspector($0.input) }, counted: up, attendant: heard, conduct, report: report)
      inspectors.downstream = input
      guard audio != nil || heard != nil else { return inspectors }
      let output = SessionInspector(
        .vendor, meters: [], audio: audio.map { AudioInspector($0.output) }, counted: down, attendant: heard, conduct, report: report)
      inspectors.upstream = output
      unsafe input.other = output
      unsafe output.other = input
      for inspector in [input, output] { inspector.open(query, initBody: initBody) }
      return inspectors
    }
  }
}
