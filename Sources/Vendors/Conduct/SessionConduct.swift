import JSON

/// How one session speaks with its vendor, beside what its client says: what it has to send itself and when, what the vendor's messages
/// say of readiness, turns, words, failures and usage.
///
/// A value without I/O and clocks. Of each message: ``begin(_:isText:)``, ``consume(_:_:)`` for each run of its unmasked payload however it
/// is cut, and ``end(_:bytes:now:)``, which says what it meant. Nothing is gathered: of a message no more is kept than the values at the
/// paths that the descriptor names. Times are milliseconds of a clock that never goes back.
public struct SessionConduct: Sendable {
  let plan: ConductPlan
  private var client: JSONScanner
  private var server: JSONScanner
  private var content: (client: ListeningPlan.Content, server: ListeningPlan.Content) = (.other, .other)
  private var text: ExpectedText?

  private(set) var memory: SessionMemory
  private var stage = 0
  private(set) var isReady: Bool
  /// The message that has to come first has come.
  private(set) var hasBegun: Bool
  private var hasSaidFarewell = false
  private var hasParted = false

  private(set) var turns: TurnWatch
  private var usage: UsageTally
  private var hasHeardWords: Bool
  private var hasHeardAudio: Bool

  var opened: Int64 = 0
  var readySince: Int64 = 0
  var begunAt: Int64?
  private var firstMessage: Int64?
  private var firstAudio: Int64?
  var lastAudio: Int64?
  /// The client's last sign of life as the vendor counts it.
  var lastSign: Int64 = 0
  var lastKeepalive: Int64 = 0
  var isOpen = false
  var isUnready = false
  var keepaliveEvery: Int64?
  /// Of a session that takes up another: what it says first, the client has heard before.
  private var isEcho: Bool
  /// Another session takes up this one: its last message is not the client's.
  private var isRelieved = false

  /// - Parameter succeeds: whether the session takes up another.
  public init(_ plan: ConductPlan, succeeds: Bool = false) {
    self.plan = plan
    isEcho = succeeds
    (hasHeardWords, hasHeardAudio) = (succeeds, succeeds)
    client = JSONScanner(plan.client.paths)
    server = JSONScanner(plan.server.paths)
    memory = plan.memory
    isReady = plan.stages.isEmpty
    hasBegun = plan.hasBegun
    text = plan.farewellText
    turns = TurnWatch(marksSpeech: plan.marksSpeech)
    usage = UsageTally(reports: plan.reports.count)
    keepaliveEvery = plan.keepalive?.every
  }

  /// Whether the vendor has begun something that it will say the end of.
  public var isInTurn: Bool { plan.marksTurns && turns.isUnderWay }

  /// Whether there may be messages of the vendor that are not for the client.
  public var hushes: Bool { isEcho || isRelieved }

  /// Whether audio of the client has come.
  public var hasHeardClient: Bool { lastAudio != nil }

  /// The session has its vendor.
  ///
  /// - Parameter query: of the vendor's URL, which may say how much silence it bears.
  public mutating func open(_ query: Query = Query(), now: Int64) -> [ConductEvent] {
    isOpen = true
    (opened, readySince, lastSign, lastKeepalive) = (now, now, now, now)
    if let name = plan.vendor.keepalive.idleQuery, let seconds = query[name].flatMap({ Int64($0) }), (1...86_400).contains(seconds),
      plan.vendor.keepalive.message != nil
    {
      keepaliveEvery = min(keepaliveEvery ?? .max, seconds * 500)
    }
    if hasBegun { begunAt = now }
    return isReady ? [.ready(after: 0)] : []
  }

  // MARK: Messages

  /// A message begins; whether its payload is needed.
  public mutating func begin(_ side: MemoryRule.Side, isText: Bool) -> Bool {
    switch side {
    case .client:
      content.client = isText ? plan.client.text : plan.client.binary
      if content.client == .json { client.begin() }
      text?.begin()
      return content.client == .json || (text != nil && content.client != .audio)
    case .vendor:
      content.server = isText ? plan.server.text : plan.server.binary
      if content.server == .json { server.begin() }
      return content.server == .json
    }
  }

  /// Takes the next bytes of the message.
  public mutating func consume(_ side: MemoryRule.Side, _ run: UnsafeRawBufferPointer) {
    switch side {
    case .client:
      if content.client == .json { unsafe client.consume(run) }
      unsafe text?.consume(run)
    case .vendor: if content.server == .json { unsafe server.consume(run) }
    }
  }

  /// The message is over; what it meant.
  public mutating func end(_ side: MemoryRule.Side, bytes: UInt64, now: Int64) -> [ConductEvent] {
    side == .client ? endClient(bytes, now) : endServer(bytes, now)
  }

  /// The client's message with its pinned fields as they have to be; the same where it has none, nil where it is not to be understood.
  ///
  /// - Parameter message: the one that has just ended.
  public func pinned(_ message: [UInt8]) -> [UInt8]? {
    guard let gate = plan.gate, gate.isPinned, content.client == .json, gate.concerns(client) else { return message }
    return gate.pinned(message, client)
  }

  // MARK: The client

  private mutating func endClient(_ bytes: UInt64, _ now: Int64) -> [ConductEvent] {
    var events: [ConductEvent] = []
    firstMessage = firstMessage ?? now
    switch content.client {
    case .other: break
    case .word: break
    case .audio:
      memory.noteBinary()
      // Nothing is what some vendors take for the end.
      if bytes > 0 { takeAudio(now, &events) }
    case .json:
      let isWhole = client.end() == .complete
      // What is nothing at all may be the vendor's word for the end.
      let isNothing = bytes == 0 && plan.farewellIsEmpty
      if let gate = plan.gate, !isNothing, let refusal = isWhole ? gate.refusal(client) : .refused(nil) { return [refusal] }
      if isWhole { read(now, &events) }
    }
    if let text, content.client != .audio ? text.holds : bytes == 0 && plan.farewellIsEmpty { hasSaidFarewell = true }
    return events
  }

  private mutating func read(_ now: Int64, _ events: inout [ConductEvent]) {
    for value in plan.client.memory { note(value, client) }
    if !hasBegun, plan.first?.holds(in: client) ?? true {
      hasBegun = true
      begunAt = now
      lastSign = now
      events.append(.clock)
    }
    if plan.ownKeepalive?.holds(in: client) ?? false { lastSign = now }
    if plan.ownFarewell?.holds(in: client) ?? false { hasSaidFarewell = true }
    if plan.client.audio.bring(client) { takeAudio(now, &events) }
    for index in plan.texts.indices where plan.texts[index].match?.holds(in: client) ?? true {
      let count = client.characters(plan.texts[index].slot)
      guard client.kind(plan.texts[index].slot) == .string, count > 0 else { continue }
      events.append(.usage(.characters, Double(count)))
      break
    }
  }

  private mutating func takeAudio(_ now: Int64, _ events: inout [ConductEvent]) {
    if firstAudio == nil {
      firstAudio = now
      events.append(.clock)
    }
    lastAudio = now
    lastSign = now
    turns.clientAudio(now: now)
  }

  private mutating func note(_ value: ListeningPlan.Memory, _ scanner: borrowing JSONScanner) {
    if let found = scanner.value(value.slot), !found.isNull { memory.note(found, as: value.name) }
  }

  // MARK: The vendor

  private mutating func endServer(_ bytes: UInt64, _ now: Int64) -> [ConductEvent] {
    var events: [ConductEvent] = []
    switch content.server {
    case .other, .word: break
    case .audio:
      isEcho = false
      if bytes > 0 { takeAnswer(now, &events) }
    case .json: if server.end() == .complete { hear(now, &events) }
    }
    return events
  }

  private mutating func hear(_ now: Int64, _ events: inout [ConductEvent]) {
    for value in plan.server.memory {
      note(value, server)
      guard value.name == plan.keepsake, let found = server.value(value.slot), !found.isNull else { continue }
      events.append(.keepsake(Array(found.text().utf8)))
    }
    let isStage = !isReady && plan.stages[stage].holds(in: server)
    if isStage { advance(now, &events) }
    if isEcho {
      isEcho = isStage || plan.hushed.anyHolds(in: server)
      if isEcho { events.append(.hushed) }
    }
    if plan.notice?.holds(in: server) ?? false { events.append(.leaving) }
    for index in plan.faults.indices where plan.faults[index].match.holds(in: server) {
      let fault = plan.faults[index]
      let code = fault.codeSlot.flatMap { server.value($0) }.flatMap(Self.word)
      events.append(.failure(VendorFailure(kind: fault.kind, isFatal: fault.isFatal, code: code)))
      break
    }
    for index in plan.reports.indices where plan.reports[index].match.holds(in: server) {
      let report = plan.reports[index]
      guard let amount = server.number(report.slot) else { continue }
      let growth = usage.take(amount / report.divisor, of: index, report.mode)
      if growth > 0 { events.append(.usage(report.unit, growth)) }
    }
    if plan.speechEnds.anyHolds(in: server) {
      begin(&events)
      turns.speechEnded(now: now)
    }
    hearWords(now, &events)
    if plan.server.audio.bring(server) { takeAnswer(now, &events) }
    for index in plan.replies.indices where plan.replies[index].match.holds(in: server) { answer(plan.replies[index], &events) }
    if plan.turnEnds.anyHolds(in: server) {
      begin(&events)
      turns.end()
      events.append(.turnEnded)
    }
    if plan.last?.holds(in: server) ?? false {
      hasParted = true
      events.append(.parted)
      if isRelieved { events += [.understood, .hushed] }
    }
  }

  private mutating func advance(_ now: Int64, _ events: inout [ConductEvent]) {
    stage += 1
    guard stage == plan.stages.count else { return }
    isReady = true
    (readySince, lastSign) = (now, max(lastSign, now))
    events += [.ready(after: now - opened), .clock]
  }

  private mutating func hearWords(_ now: Int64, _ events: inout [ConductEvent]) {
    for index in plan.words.indices where plan.words[index].match.holds(in: server) {
      let words = plan.words[index]
      guard server.kind(words.slot) == .string, server.count(words.slot) > 0 else { return }
      begin(&events)
      guard words.isOfClient else { return }
      if words.isFinal, plan.speechEnds.isEmpty { turns.speechEnded(now: now) }
      if words.isFinal, plan.settlesByWords { events.append(.understood) }
      guard !hasHeardWords else { return }
      hasHeardWords = true
      events.append(.firstTranscript(after: now - start))
      return
    }
  }

  private mutating func takeAnswer(_ now: Int64, _ events: inout [ConductEvent]) {
    begin(&events)
    if !hasHeardAudio {
      hasHeardAudio = true
      events.append(.firstAudio(after: now - start))
    }
    if let span = turns.vendorAudio(now: now), plan.takesAudio { events.append(.answered(after: span)) }
  }

  private mutating func begin(_ events: inout [ConductEvent]) {
    if turns.begin(), plan.marksTurns { events.append(.turnBegan) }
  }

  private func answer(_ reply: ConductPlan.Reply, _ events: inout [ConductEvent]) {
    let text = reply.template.rendered { name in reply.slots[name].flatMap { server.value($0) } ?? memory.value(name) }
    events.append(.say(Array(text.utf8), .reply))
  }

  /// When the client began to say what the vendor answers.
  private var start: Int64 { firstAudio ?? firstMessage ?? opened }

  /// A name of a failure that may stand in a log: what a vendor quotes in it does not.
  private static func word(_ value: JSONValue) -> String? {
    let text = value.stringValue ?? value.text()
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
      default: false
      }
    }
    return isPlain && (1...40).contains(text.utf8.count) ? text : nil
  }

  // MARK: The end

  /// Another session will take up this one: the message with which the vendor ends is not for the client.
  public mutating func relieve() { isRelieved = true }

  /// What the vendor hears before its Close, and how many milliseconds its last words are waited for; nil for nothing.
  public func farewell() -> (text: [UInt8]?, patience: Int64)? {
    guard isOpen, isReady, hasBegun, !hasParted else { return nil }
    return plan.farewell(from: memory, isSaid: hasSaidFarewell)
  }
}
