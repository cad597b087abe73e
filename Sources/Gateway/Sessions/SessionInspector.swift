import Guards
import JSON
import Relay
import Telemetry
import Vendors
import WebSocket

/// What happened inside a session that the log should know.
enum SessionNotice: Sendable {
  /// Audio broke a rule and went on all the same.
  case audio(AudioViolation)
  case conduct(ConductEvent)
  case limitNear(Metered)
  case limitExceeded(Metered)
}

/// Holds the messages of one direction of a session to its tier's limits and its route's audio rules, and shows them to the session's
/// attendant. Lives on a reactor's thread.
final class SessionInspector: Inspector {
  private let side: MemoryRule.Side
  private let attendant: SessionAttendant?
  /// Whether audio counts as usage.
  private let billsAudio: Bool
  private let pins: Bool
  let rewrites: Bool
  private let messages: [Metered]
  private let bytes: [Metered]
  private let milliseconds: [Metered]
  private var audioInspector: AudioInspector?
  /// Of the route and the direction, for the metrics.
  private let audioSeconds: TimeCounter?
  private let report: @Sendable (SessionNotice) -> Void
  /// That of the other direction, whose format this one may declare. The session owns both, and neither is used without it.
  unowned(unsafe) var other: SessionInspector?
  /// What the session's URL declares may be wrong already.
  private var openingViolation: AudioViolation?
  private var isShown = false
  private var isHeard = false
  /// The message under way, where fields of it may have to be set.
  private var gathered: [UInt8] = []
  private var meteredAudio: Int64 = 0
  private var countedAudio: Int64 = 0
  private var warned: Set<Measure> = []

  /// - Parameters:
  ///   - side: whose messages these are.
  ///   - audioSeconds: where its audio is counted, message by message.
  ///   - plan: of the attendant.
  init(
    _ side: MemoryRule.Side, meters: [Metered], audio: AudioInspector?, counted audioSeconds: TimeCounter?, attendant: SessionAttendant?,
    _ plan: ConductPlan?, report: @escaping @Sendable (SessionNotice) -> Void
  ) {
    (self.side, self.attendant, self.report) = (side, attendant, report)
    messages = meters.of(.messages)
    bytes = meters.of(.bytes)
    milliseconds = meters.of(.audio)
    audioInspector = audio
    self.audioSeconds = audioSeconds
    rewrites = side == .client ? plan?.rewrites ?? false : plan?.handsOver ?? false
    pins = side == .client && plan?.pins ?? false
    billsAudio = side == .client && plan?.billsAudio ?? false
  }

  /// Takes the format that the session's URL declares, or the request that led to it.
  func open(_ query: Query, initBody: JSONValue? = nil) {
    switch audioInspector?.open(query, initBody: initBody) {
    case .reject(let violation): openingViolation = violation
    case .warn(let violation): report(.audio(violation))
    case .pass, nil: break
    }
  }

  var audio: Int64? { audioInspector?.audioNanoseconds }

  var gathers: Bool { side == .client ? rewrites : attendant?.hushes ?? false }

  func begin(isText: Bool) -> Bool {
    isHeard = attendant?.begin(side, isText: isText) ?? false
    if audioInspector != nil {
      audioInspector?.begin(isText: isText)
      isShown = audioInspector?.wantsPayload ?? false
    }
    return isShown || isHeard
  }

  func consume(_ run: UnsafeRawBufferPointer) {
    if isShown { unsafe audioInspector?.consume(run) }
    guard isHeard else { return }
    unsafe attendant?.consume(side, run)
    if pins { unsafe gathered.append(contentsOf: run) }
  }

  func end(bytes count: UInt64, now: Int64) -> Inspection {
    let message = gathered
    gathered = []
    let time = UInt64(now) &* 1_000_000
    if let limit = messages.take(1, now: time) { return over(limit, 1, time) }
    if let limit = bytes.take(Int(clamping: count), now: time) { return over(limit, Int(clamping: count), time) }
    var results = attendant?.end(side, bytes: count, now: now) ?? []
    if results.contains(where: { if case .drop = $0 { true } else { false } }) { return results.joined }
    if let end = judge(count, now) { return end }
    results += meterAudio(now)
    if case .end = results.last { return results.joined }
    if pins, isHeard {
      guard let pinned = attendant?.pinned(message) else { return (results + [.drop(tell: RefusedMessage.malformed)]).joined }
      if pinned != message { results.append(.replace(pinned)) }
    }
    warn(time, &results)
    return results.joined
  }

  /// Looks at the message's audio; nil where it may go on.
  private func judge(_ count: UInt64, _ now: Int64) -> Inspection? {
    guard audioInspector != nil else { return nil }
    if let violation = openingViolation { return reject(violation) }
    if !isShown { audioInspector?.skip(Int(clamping: count)) }
    let verdict = audioInspector?.end(now: now)
    countAudio()
    switch verdict {
    case .reject(let violation): return reject(violation)
    case .warn(let violation): report(.audio(violation))
    case .pass, nil: break
    }
    if let news = audioInspector?.takeNews() { unsafe other?.audioInspector?.take(news) }
    return nil
  }

  /// Counts the audio of the message that has just ended, what is rejected too: a session may last for hours, and a counter that waited for
  /// its end would say nothing until then.
  private func countAudio() {
    guard let audio, audio > countedAudio else { return }
    audioSeconds?.add(nanoseconds: audio - countedAudio)
    countedAudio = audio
  }

  /// Charges the audio of the message that has just ended, in whole milliseconds.
  private func meterAudio(_ now: Int64) -> [Inspection] {
    guard let audio else { return [] }
    let usage = billsAudio ? attendant?.passed(audio: audio, now: now) ?? [] : []
    let cost = audio / 1_000_000 - meteredAudio
    guard !milliseconds.isEmpty, cost > 0 else { return usage }
    meteredAudio += cost
    let time = UInt64(now) &* 1_000_000
    guard let limit = milliseconds.charge(Int(cost), now: time) else { return usage }
    let end = LimitWords.end(limit.measure), text = limit.exceeded(by: Int(cost), now: time)
    guard let soft = attendant?.endsWithTurn(end, limit: limit.measure.rawValue, tell: text, now: now) else {
      return usage + [over(limit, Int(cost), time)]
    }
    if !soft.isEmpty { report(.limitExceeded(limit)) }
    return usage + soft
  }

  // MARK: Answers

  private func reject(_ violation: AudioViolation) -> Inspection {
    let end = SessionEnd(
      name: violation.rule.rawValue, code: CloseCode(rawValue: violation.rule.closeCode), reason: violation.closeReason)
    return .end(end, tell: violation.event.serialize())
  }

  private func over(_ limit: Metered, _ cost: Int, _ time: UInt64) -> Inspection {
    report(.limitExceeded(limit))
    return .end(LimitWords.end(limit.measure), tell: limit.exceeded(by: cost, now: time))
  }

  /// Tells the client once of each limit that it is about to reach.
  private func warn(_ time: UInt64, _ results: inout [Inspection]) {
    for meters in [messages, bytes, milliseconds] {
      for limit in meters where limit.isLow(now: time) && warned.insert(limit.measure).inserted {
        report(.limitNear(limit))
        results.append(.tell(LimitWords.near(limit.measure.rawValue, remaining: limit.meter.remaining(now: time))))
        return
      }
    }
  }
}
