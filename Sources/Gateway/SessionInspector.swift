import Guards
import JSON
import Relay
import Vendors
import WebSocket

/// What happened inside a session that the log should know.
enum SessionNotice: Sendable {
  /// Audio broke a rule and went on all the same.
  case audio(AudioViolation)
  case limitNear(Metered)
  case limitExceeded(Metered)
}

/// Holds the messages of one direction of a session to its tier's limits and its route's audio rules. Lives on a reactor's thread.
final class SessionInspector: Inspector {
  private let messages: [Metered]
  private let bytes: [Metered]
  private let milliseconds: [Metered]
  private var audioInspector: AudioInspector?
  private let report: @Sendable (SessionNotice) -> Void
  /// That of the other direction, whose format this one may declare. The session owns both, and neither is used without it.
  unowned(unsafe) var other: SessionInspector?
  /// What the session's URL declares may be wrong already.
  private var openingViolation: AudioViolation?
  private var isShown = false
  private var meteredAudio: Int64 = 0
  private var warned: Set<Measure> = []

  init(meters: [Metered], audio: AudioInspector?, report: @escaping @Sendable (SessionNotice) -> Void) {
    messages = meters.of(.messages)
    bytes = meters.of(.bytes)
    milliseconds = meters.of(.audio)
    audioInspector = audio
    self.report = report
  }

  /// Takes the format that the session's URL declares.
  func open(_ query: Query) {
    switch audioInspector?.open(query) {
    case .reject(let violation): openingViolation = violation
    case .warn(let violation): report(.audio(violation))
    case .pass, nil: break
    }
  }

  var audio: Int64? { audioInspector?.audioNanoseconds }

  func begin(isText: Bool) -> Bool {
    guard audioInspector != nil else { return false }
    audioInspector?.begin(isText: isText)
    isShown = audioInspector?.wantsPayload ?? false
    return isShown
  }

  func consume(_ run: UnsafeRawBufferPointer) {
    unsafe audioInspector?.consume(run)
  }

  func end(bytes count: UInt64, now: Int64) -> Inspection {
    let time = UInt64(now) &* 1_000_000
    if let limit = messages.take(1, now: time) { return over(limit, 1, time) }
    if let limit = bytes.take(Int(clamping: count), now: time) { return over(limit, Int(clamping: count), time) }
    guard audioInspector != nil else { return warning(time) }
    if let violation = openingViolation { return reject(violation) }
    if !isShown { audioInspector?.skip(Int(clamping: count)) }
    switch audioInspector?.end(now: now) {
    case .reject(let violation): return reject(violation)
    case .warn(let violation): report(.audio(violation))
    case .pass, nil: break
    }
    if let news = audioInspector?.takeNews() { unsafe other?.audioInspector?.take(news) }
    return meterAudio(time) ?? warning(time)
  }

  /// Charges the audio of the message that has just ended, in whole milliseconds.
  private func meterAudio(_ time: UInt64) -> Inspection? {
    guard !milliseconds.isEmpty, let audio else { return nil }
    let cost = audio / 1_000_000 - meteredAudio
    guard cost > 0 else { return nil }
    meteredAudio += cost
    guard let limit = milliseconds.charge(Int(cost), now: time) else { return nil }
    return over(limit, Int(cost), time)
  }

  // MARK: Answers

  private func reject(_ violation: AudioViolation) -> Inspection {
    let end = SessionEnd(
      name: violation.rule.rawValue, code: CloseCode(rawValue: violation.rule.closeCode), reason: violation.closeReason)
    return .end(end, tell: violation.event.serialize())
  }

  private func over(_ limit: Metered, _ cost: Int, _ time: UInt64) -> Inspection {
    report(.limitExceeded(limit))
    let reason = Self.reason(limit.measure)
    let wait = Budget.seconds(limit.meter.wait(for: min(cost, limit.meter.burst), now: time) ?? 0)
    let event: JSONValue = [
      "type": "error",
      "error": [
        "type": "rate_limited", "limit": .string(limit.measure.rawValue), "message": .string(reason),
        "retry_after": .int(Int64(max(1, wait))),
      ],
    ]
    let end = SessionEnd(name: "limit_\(limit.measure.rawValue)", code: .tryAgainLater, reason: reason)
    return .end(end, tell: event.serialize())
  }

  /// Tells the client once of each limit that it is about to reach.
  private func warning(_ time: UInt64) -> Inspection {
    for meters in [messages, bytes, milliseconds] {
      for limit in meters where limit.isLow(now: time) && warned.insert(limit.measure).inserted {
        report(.limitNear(limit))
        let event: JSONValue = [
          "type": "warning",
          "warning": [
            "type": "limit_near", "limit": .string(limit.measure.rawValue), "remaining": .int(Int64(limit.meter.remaining(now: time))),
          ],
        ]
        return .tell(event.serialize())
      }
    }
    return .pass
  }

  private static func reason(_ measure: Measure) -> String {
    switch measure {
    case .messages: "Too many messages"
    case .bytes: "Too many bytes"
    case .audio: "Audio limit reached"
    case .usage: "Usage limit reached"
    }
  }
}
