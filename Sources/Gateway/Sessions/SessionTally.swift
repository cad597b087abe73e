import Telemetry
import Vendors

/// What a session's vendor has said so far of readiness, words, turns, usage and failures, for the session's record.
struct SessionTally: Sendable, Equatable {
  private(set) var ready: Int64?
  private(set) var firstTranscript: Int64?
  private(set) var firstAudio: Int64?
  private(set) var turns: UInt64?
  private(set) var failures: UInt64 = 0
  /// Times that another upstream has taken over.
  var handovers: UInt64 = 0
  private var usage: [UsageUnit: Double] = [:]

  /// Takes note of an event; whole units of usage that it completes.
  mutating func take(_ event: ConductEvent) -> UInt64 {
    switch event {
    case .ready(let span): ready = ready ?? span
    case .firstTranscript(let span): firstTranscript = firstTranscript ?? span
    case .firstAudio(let span): firstAudio = firstAudio ?? span
    case .turnEnded: turns = (turns ?? 0) + 1
    case .failure: failures += 1
    case .usage(let unit, let amount):
      let before = usage[unit] ?? 0
      usage[unit] = before + amount
      return UInt64(before + amount) - UInt64(before)
    default: break
    }
    return 0
  }

  func write(to record: inout SessionRecord) {
    record.vendorReady = ready
    record.firstTranscript = firstTranscript
    record.firstAudio = firstAudio
    record.turns = turns
    record.vendorErrors = failures
    record.handovers = handovers
    for (unit, amount) in usage { record.usage[unit.rawValue] = amount }
  }
}

extension GatewayMetrics {
  /// Counts what a vendor has said.
  ///
  /// - Parameter units: whole units of usage.
  func count(_ event: ConductEvent, units: UInt64, upstream: String) {
    switch event {
    // A vendor that says nothing of it is ready at once.
    case .ready(let span): if span > 0 { vendorReadySeconds(upstream).observe(milliseconds: span) }
    case .firstTranscript(let span): firstTranscriptSeconds(upstream).observe(milliseconds: span)
    case .firstAudio(let span): firstAudioSeconds(upstream).observe(milliseconds: span)
    case .answered(let span): turnSeconds(upstream).observe(milliseconds: span)
    case .turnEnded: turns(upstream).add()
    case .usage(let unit, _): if units > 0 { usage(upstream, unit.rawValue).add(units) }
    case .failure(let failure): count(failure.kind, isFatal: failure.isFatal, upstream: upstream)
    case .say(_, .keepalive): keepalives(upstream).add()
    case .unready, .turnBegan, .audioIdle, .say, .parted, .refused, .clock, .understood, .hushed, .leaving, .keepsake: break
    }
  }

  func count(_ kind: ErrorRules.Class?, isFatal: Bool, upstream: String) {
    vendorErrors(upstream, kind?.rawValue ?? "unknown", isFatal ? "true" : "false").add()
  }
}
