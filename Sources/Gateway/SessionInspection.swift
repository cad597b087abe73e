import Configuration
import Guards
import Relay
import Vendors

/// What the sessions of a route look for in their messages, made once per configuration.
struct SessionInspection: Sendable {
  /// Of the client and of the upstream; nil where audio is not looked at.
  private let audio: (input: AudioPlan, output: AudioPlan)?

  /// - Throws: `InspectionError` for audio rules that cannot be applied to the route's upstream.
  init(_ route: Route, _ descriptor: VendorDescriptor?, _ tier: Tier?) throws {
    guard route.audio.policy != .off || tier.map({ $0.audio != Scoped() }) ?? false else {
      audio = nil
      return
    }
    guard descriptor != nil || route.audio.encoding != nil else {
      throw InspectionError("its 'audio' needs an 'encoding', since nothing is known of the audio of a plain url")
    }
    let vendor = descriptor ?? .plain
    audio = (try AudioPlan(vendor, .input, route: route.audio), try AudioPlan(vendor, .output, route: route.audio))
  }

  /// What makes the inspectors of one session; nil where nothing is looked for.
  ///
  /// - Parameters:
  ///   - query: of the upstream's URL, where formats may be declared.
  ///   - report: is told, on the reactor's thread, what the log should know.
  func inspectors(
    meters: [Metered], query: Query, report: @escaping @Sendable (SessionNotice) -> Void
  ) -> (@Sendable () -> Inspectors)? {
    guard let audio else {
      guard !meters.isEmpty else { return nil }
      return { Inspectors(downstream: SessionInspector(meters: meters, audio: nil, report: report)) }
    }
    return {
      let output = SessionInspector(meters: [], audio: AudioInspector(audio.output), report: report)
      let input = SessionInspector(meters: meters, audio: AudioInspector(audio.input), report: report)
      unsafe input.other = output
      unsafe output.other = input
      for inspector in [input, output] { inspector.open(query) }
      return Inspectors(downstream: input, upstream: output)
    }
  }
}
