import Guards
import Relay
import Vendors
import WebSocket

/// The gateway's own part in a session: speaks with the vendor as its descriptor says, and ends the session where a limit wants it, at the
/// end of a turn if there is one. Lives on a reactor's thread.
final class SessionAttendant: Attendant {
  /// What holds for the length of a session, in milliseconds.
  struct Limits: Sendable, Equatable {
    /// After how long it ends with its turn; nil where turns do not matter.
    var length: Int64?
    /// After how long the client is told that this is near, and what is left then.
    var warning: (after: Int64, left: Int64)?
    /// How long a turn may go on beyond a limit.
    var grace: Int64 = 0

    static func == (one: Limits, other: Limits) -> Bool {
      one.length == other.length && one.grace == other.grace && one.warning?.after == other.warning?.after
    }
  }

  /// A limit that has been reached in mid turn.
  private struct Overrun {
    var end: SessionEnd
    var text: [UInt8]?
    var until: Int64
  }

  /// Nil where nothing is known of the vendor.
  private var conduct: SessionConduct?
  /// Whether the lobby is to hear what the vendor says of itself.
  private let handsOver: Bool
  private let query: Query
  private let limits: Limits
  private let usage: [Metered]
  private let report: @Sendable (SessionNotice) -> Void
  private var used = 0.0
  private var charged = 0
  private var audioCounted: Int64 = 0
  private var hasWarnedOfUsage = false
  private var lengthDue: Int64?
  private var warningDue: Int64?
  private var overrun: Overrun?

  /// - Parameter succeeds: whether the vendor takes up what an earlier session with it has left.
  init(
    _ plan: ConductPlan?, succeeds: Bool = false, query: Query, limits: Limits, usage: [Metered],
    report: @escaping @Sendable (SessionNotice) -> Void
  ) {
    conduct = plan.map { SessionConduct($0, succeeds: succeeds) }
    handsOver = plan?.handsOver ?? false
    (self.query, self.limits, self.usage, self.report) = (query, limits, usage, report)
  }

  func opened(started: Int64, now: Int64) {
    lengthDue = limits.length.map { started + $0 }
    warningDue = limits.warning.map { started + $0.after }.flatMap { $0 > now ? $0 : nil }
    for event in conduct?.open(query, now: now) ?? [] { report(.conduct(event)) }
    let time = UInt64(now) &* 1_000_000
    if let limit = usage.first(where: { $0.meter.remaining(now: time) == 0 }) {
      report(.limitExceeded(limit))
      overrun = Overrun(end: LimitWords.end(.usage), text: limit.exceeded(by: 1, now: time), until: now)
    }
  }

  // MARK: Messages

  func begin(_ side: MemoryRule.Side, isText: Bool) -> Bool { conduct?.begin(side, isText: isText) ?? false }

  func consume(_ side: MemoryRule.Side, _ run: UnsafeRawBufferPointer) { unsafe conduct?.consume(side, run) }

  /// A message is over; what is to be done about it, beside letting it go on.
  func end(_ side: MemoryRule.Side, bytes: UInt64, now: Int64) -> [Inspection] {
    guard let events = conduct?.end(side, bytes: bytes, now: now), !events.isEmpty else { return [] }
    return obey(events, now)
  }

  /// Whether a message of the vendor's may be kept from the client.
  var hushes: Bool { conduct?.hushes ?? false }

  /// The client's message with its pinned fields as they have to be; nil where it cannot be understood.
  func pinned(_ message: [UInt8]) -> [UInt8]? { conduct.map { $0.pinned(message) } ?? message }

  /// So much audio of the client has passed, in nanoseconds: it counts as usage where the vendor says nothing of its own.
  func passed(audio: Int64, now: Int64) -> [Inspection] {
    let seconds = Double(audio - audioCounted) / 1e9
    audioCounted = audio
    return seconds > 0 ? obey([.usage(.seconds, seconds)], now) : []
  }

  /// A limit is exceeded by what cannot be taken back: the session ends with the turn under way.
  ///
  /// - Returns: nil where there is none, or no time for it.
  func endsWithTurn(_ end: SessionEnd, limit: String, tell text: [UInt8]?, now: Int64) -> [Inspection]? {
    guard overrun == nil else { return [] }
    guard limits.grace > 0, conduct?.isInTurn ?? false else { return nil }
    overrun = Overrun(end: end, text: text, until: now + limits.grace)
    return [.tell(LimitWords.reached(limit, grace: (limits.grace + 999) / 1000)), .wake]
  }

  private func obey(_ events: [ConductEvent], _ now: Int64) -> [Inspection] {
    var results: [Inspection] = []
    for event in events {
      report(.conduct(event))
      switch event {
      case .say(let text, _): results.append(.reply(text))
      case .parted: results.append(.parted)
      case .clock: results.append(.wake)
      case .refused(let name): results.append(.drop(tell: RefusedMessage.event(name)))
      case .unready: results.append(.leave(Self.notReady, .lost))
      case .audioIdle: results.append(.leave(Self.audioIdle, .dismissed))
      case .usage(_, let amount): results += charge(amount, now)
      case .turnEnded: results.append(takeOverrun().map { .finish($0.end, tell: $0.text) } ?? .rest)
      case .hushed: results.append(.hush)
      case .ready, .firstTranscript, .firstAudio, .turnBegan, .answered, .failure, .understood, .leaving, .keepsake: break
      }
      if handsOver, let news = event.news { results.append(.news(news)) }
    }
    return results
  }

  /// Counts whole units.
  private func charge(_ amount: Double, _ now: Int64) -> [Inspection] {
    used += amount
    let cost = Int(used) - charged
    guard !usage.isEmpty, cost > 0 else { return [] }
    charged += cost
    let time = UInt64(now) &* 1_000_000
    guard let limit = usage.charge(cost, now: time) else { return warn(time) }
    guard overrun == nil else { return [] }
    report(.limitExceeded(limit))
    let (end, text) = (LimitWords.end(.usage), limit.exceeded(by: cost, now: time))
    return endsWithTurn(end, limit: limit.measure.rawValue, tell: text, now: now) ?? [.finish(end, tell: text)]
  }

  private func warn(_ time: UInt64) -> [Inspection] {
    guard !hasWarnedOfUsage, let limit = usage.low(now: time) else { return [] }
    hasWarnedOfUsage = true
    report(.limitNear(limit))
    return [.tell(LimitWords.near(limit.measure.rawValue, remaining: limit.meter.remaining(now: time)))]
  }

  private func takeOverrun() -> Overrun? {
    defer { overrun = nil }
    return overrun
  }

  // MARK: Clocks

  var deadline: Int64? {
    let due = min(overrun?.until ?? .max, lengthDue ?? .max, warningDue ?? .max, conduct?.deadline ?? .max)
    return due == .max ? nil : due
  }

  func expired(now: Int64) -> Inspection {
    if let overrun, now >= overrun.until {
      self.overrun = nil
      return .finish(overrun.end, tell: overrun.text)
    }
    var results: [Inspection] = []
    if let due = warningDue, now >= due {
      warningDue = nil
      results.append(.tell(LimitWords.near(Self.sessionLength, remaining: Int((limits.warning?.left ?? 0) / 1000))))
    }
    if let due = lengthDue, now >= due {
      lengthDue = nil
      results += endsWithTurn(.sessionLimit, limit: Self.sessionLength, tell: nil, now: now) ?? [.finish(.sessionLimit, tell: nil)]
    }
    if let due = conduct?.deadline, now >= due { results += obey(conduct?.expired(now: now) ?? [], now) }
    return results.joined
  }

  func farewell(forGood: Bool, now: Int64) -> Farewell? {
    if !forGood { conduct?.relieve() }
    return conduct?.farewell().map { Farewell($0.text.map { [$0] } ?? [], patience: $0.patience) }
  }

  private static let sessionLength = "session_length"
  static let notReady = SessionEnd(name: "upstream_not_ready", code: .internalError, reason: "Proxy error")
  static let audioIdle = SessionEnd(name: "client_audio_idle", code: .goingAway, reason: "Client audio idle")
}

extension ConductEvent {
  /// What of it matters to whoever may replace the vendor.
  fileprivate var news: UpstreamNews? {
    switch self {
    case .ready: .ready
    case .turnBegan: .busy
    case .turnEnded: .settled
    case .understood: .understood
    case .leaving: .leaving
    case .keepsake(let text): .keepsake(text)
    default: nil
    }
  }
}

extension [Inspection] {
  /// All of them as one. What ends the session at once stands alone.
  var joined: Inspection {
    guard count > 1 else { return first ?? .pass }
    return first { if case .end = $0 { true } else { false } } ?? .several(self)
  }
}
