import JSON

/// How the sessions of a route speak with their vendor: compiled once from its descriptor, shared by all of them.
public final class ConductPlan: Sendable {
  struct Report: Sendable {
    var match: ScannedMatch
    var slot: Int
    var unit: UsageUnit
    var divisor: Double
    var mode: UsageRules.Mode
  }

  struct Fault: Sendable {
    var match: ScannedMatch
    var codeSlot: Int?
    var kind: ErrorRules.Class?
    var isFatal: Bool
  }

  struct Words: Sendable {
    var match: ScannedMatch
    var slot: Int
    var isOfClient: Bool
    var isFinal: Bool
  }

  struct Reply: Sendable {
    var match: ScannedMatch
    var template: MessageTemplate
    /// Of the fields that are copied, by the names of their places.
    var slots: [String: Int]
  }

  /// Where a message of the client's holds what is to be spoken.
  struct SpokenText: Sendable {
    var match: ScannedMatch?
    var slot: Int
  }

  /// What is sent while the client is silent.
  struct Keepalive: Sendable {
    var template: MessageTemplate
    var every: Int64
    var onlyWhenIdle: Bool
    var needsAudio: Bool
  }

  let vendor: VendorDescriptor
  let client: ListeningPlan
  let server: ListeningPlan

  // The client's messages.
  let first: ScannedMatch?
  /// Those that the gateway would send, which a client may send itself.
  let ownKeepalive: ScannedMatch?
  let ownFarewell: ScannedMatch?
  let farewellText: ExpectedText?
  /// Messages whose text is billed by its characters, since the vendor says nothing of it.
  let texts: [SpokenText]
  let gate: MessageGate?

  // The vendor's.
  let stages: [ScannedMatch]
  let faults: [Fault]
  let reports: [Report]
  let words: [Words]
  let speechEnds: [ScannedMatch]
  let turnEnds: [ScannedMatch]
  let replies: [Reply]
  let last: ScannedMatch?

  // Where another session may take up one that ends.
  public let handsOver: Bool
  /// What the second one says that the client has had from the first.
  let hushed: [ScannedMatch]
  let notice: ScannedMatch?
  /// Of the memory by which it goes on.
  let keepsake: String?

  // Clocks, in milliseconds.
  let ready: Int64?
  let audioIdle: Int64?
  let keepalive: Keepalive?
  private let patience: Int64

  /// The session's state at its start.
  let memory: SessionMemory
  let hasBegun: Bool
  let takesAudio: Bool
  let marksSpeech: Bool

  /// Whether the vendor says when a turn is over.
  public var marksTurns: Bool { !turnEnds.isEmpty }
  /// Whether what is billed is as much audio as the client sends, since the vendor does not say it.
  public var billsAudio: Bool { vendor.usage.reports.isEmpty && vendor.usage.fallback == .audioSeconds }
  /// Whether the words that it has heard are all that a vendor says to them.
  var settlesByWords: Bool { handsOver && vendor.kind == .speechToText }
  /// Whether an empty message is the vendor's word for the end, of whatever kind.
  var farewellIsEmpty: Bool { vendor.close.message?.fixedText == "" }
  /// Whether fields of the client's messages may have to be set.
  public var pins: Bool { gate?.isPinned ?? false }
  /// Whether messages of the client may be dropped or replaced.
  public var rewrites: Bool { gate != nil }
  /// Whether there is anything at all to do.
  public var isIdle: Bool {
    client.text == .other && client.binary == .other && server.text == .other && server.binary == .other && vendor.close.message == nil
      && keepalive == nil
  }

  /// How long a vendor's last words are waited for where its descriptor does not say.
  static let usualPatience = Duration.seconds(2)

  /// - Throws: `InspectionError` for a descriptor whose paths or matches need more than single values, or for settings that name none.
  public init(_ vendor: VendorDescriptor, _ settings: ConductSettings = ConductSettings()) throws(InspectionError) {
    self.vendor = vendor
    let firstMatch = vendor.lifecycle.firstMessage?.match
    let keepaliveMatch = vendor.keepalive.message.flatMap { MessageMatch(making: $0) }
    let farewellMatch = vendor.close.message.flatMap { MessageMatch(making: $0) }
    let farewellWord = vendor.close.message?.fixedText.flatMap { farewellMatch == nil ? $0 : nil }
    var needs = try MessageGate.needs(settings, vendor)
    needs.add([firstMatch, keepaliveMatch, farewellMatch].compactMap { $0 })
    let texts = vendor.usage.reports.isEmpty && vendor.usage.fallback == .characters ? vendor.spokenTexts : []
    for text in texts { needs.add(text.path) }
    needs.add(texts.compactMap(\.match))
    let isGated = !settings.types.isEmpty || !settings.pinned.isEmpty
    // What a vendor takes for JSON must not pass because of its opcode.
    let client = try ListeningPlan(vendor, .client, needs: needs, comparesText: farewellWord != nil, readsBinary: isGated)
    if isGated, client.text != .json {
      throw InspectionError("messages.types and messages.pinned need messages in JSON; those of '\(vendor.name)' are not")
    }
    self.client = client
    first = client.text == .json ? try client.scanned(firstMatch) : nil
    ownKeepalive = client.text == .json ? try client.scanned(keepaliveMatch) : nil
    ownFarewell = client.text == .json ? try client.scanned(farewellMatch) : nil
    farewellText = farewellWord.map { ExpectedText($0) }
    gate = try MessageGate(settings, vendor, in: client)
    self.texts = try Self.texts(texts, in: client)

    let stages = if case .stages(let matches) = vendor.lifecycle.ready { matches } else { [MessageMatch]() }
    let replies = Self.replies(vendor, settings)
    handsOver = settings.handsOver
    let handover = settings.handsOver ? vendor.handover : nil
    let talk = vendor.conversation
    needs = ListeningPlan.Needs()
    needs.add(stages + talk.turnEnd + talk.speechEnd + replies.map(\.match))
    needs.add(vendor.errors.messages.compactMap(\.match) + vendor.usage.reports.compactMap(\.match))
    needs.add(talk.transcripts.compactMap(\.match) + [vendor.close.await].compactMap { $0 })
    needs.add((handover?.hush ?? []) + [handover?.notice].compactMap { $0 })
    for path in vendor.errors.messages.map(\.codePath) + vendor.usage.reports.map(\.path) + talk.transcripts.map(\.path) {
      needs.add(path)
    }
    for path in replies.flatMap({ $0.template.copied.values }) {
      needs.add(path)
      needs.keep(256)
    }
    let server = try ListeningPlan(vendor, .vendor, needs: needs, comparesText: false)
    self.server = server
    let speaks = server.text == .json
    self.stages = speaks ? try server.scanned(stages) : []
    turnEnds = speaks ? try server.scanned(talk.turnEnd) : []
    speechEnds = speaks ? try server.scanned(talk.speechEnd) : []
    last = speaks ? try server.scanned(vendor.close.await) : nil
    self.replies = try Self.compile(replies, in: server)
    hushed = speaks ? try server.scanned(handover?.hush ?? []) : []
    notice = speaks ? try server.scanned(handover?.notice) : nil
    keepsake = handover?.resume?.memory
    faults = try Self.faults(vendor, in: server)
    reports = try Self.reports(vendor, in: server)
    words = try Self.words(vendor, in: server)

    takesAudio = !vendor.audio.clientChoices.isEmpty
    marksSpeech = speaks && (!talk.speechEnd.isEmpty || talk.transcripts.contains { $0.speaker == .client && $0.form == .final })
    ready = settings.ready.map(\.wholeMilliseconds)
    audioIdle = takesAudio ? settings.clientAudioIdle.map(\.wholeMilliseconds) : nil
    keepalive = vendor.keepalive.message.flatMap { message in
      (vendor.keepalive.every ?? vendor.keepalive.idleTimeout.map { $0 / 2 }).map { every in
        Keepalive(
          template: message, every: every.wholeMilliseconds, onlyWhenIdle: vendor.keepalive.onlyWhenIdle,
          needsAudio: vendor.keepalive.needsAudio)
      }
    }
    // A vendor that closes by itself then says its last that way.
    let waits = vendor.close.await != nil || vendor.close.code != nil
    patience = waits && speaks ? (vendor.close.drain ?? Self.usualPatience).wholeMilliseconds : 0
    var memory = SessionMemory(vendor)
    var hasBegun = firstMatch == nil || client.text != .json
    for message in settings.opening.compactMap({ try? JSONValue.parse($0) }) {
      memory.note(message, of: .client)
      if firstMatch?.matches(message) ?? false { hasBegun = true }
    }
    (self.memory, self.hasBegun) = (memory, hasBegun)
  }

  /// What the vendor hears before its Close, and how many milliseconds its answer may take.
  func farewell(from memory: SessionMemory, isSaid: Bool) -> (text: [UInt8]?, patience: Int64)? {
    // What is said here is said as text, which a vendor's own framing is not.
    guard let message = vendor.close.message, vendor.codec.client.framing == nil else { return nil }
    if isSaid { return (nil, patience) }
    return memory.text(of: message).map { (Array($0.utf8), patience) }
  }

  private static func texts(
    _ texts: [(match: MessageMatch?, path: JSONPath)], in plan: ListeningPlan
  ) throws(InspectionError) -> [SpokenText] {
    guard plan.text == .json else { return [] }
    var spoken: [SpokenText] = []
    for text in texts {
      guard let slot = plan.slot(text.path) else { continue }
      spoken.append(SpokenText(match: try plan.scanned(text.match), slot: slot))
    }
    return spoken
  }

  private static func replies(
    _ vendor: VendorDescriptor, _ settings: ConductSettings
  ) -> [(match: MessageMatch, template: MessageTemplate)] {
    let own = vendor.keepalive.replies.compactMap { reply in
      if let match = reply.match, let send = reply.send { (match, send) } else { nil }
    }
    let others = settings.replies.compactMap { type, text in
      MessageMatch("type", equals: .string(type)).map { ($0, MessageTemplate(verbatim: text)) }
    }
    return own + others
  }

  private static func compile(
    _ replies: [(match: MessageMatch, template: MessageTemplate)], in plan: ListeningPlan
  ) throws(InspectionError) -> [Reply] {
    guard plan.text == .json else { return [] }
    var compiled: [Reply] = []
    for (match, template) in replies {
      let slots = template.copied.compactMapValues { plan.slot($0) }
      compiled.append(Reply(match: try ScannedMatch(ListeningPlan.single(match), in: plan.paths), template: template, slots: slots))
    }
    return compiled
  }

  private static func faults(_ vendor: VendorDescriptor, in plan: ListeningPlan) throws(InspectionError) -> [Fault] {
    guard plan.text == .json else { return [] }
    var faults: [Fault] = []
    for rule in vendor.errors.messages {
      guard let match = try plan.scanned(rule.match) else { continue }
      faults.append(Fault(match: match, codeSlot: plan.slot(rule.codePath), kind: rule.kind, isFatal: rule.fatal))
    }
    return faults
  }

  private static func reports(_ vendor: VendorDescriptor, in plan: ListeningPlan) throws(InspectionError) -> [Report] {
    guard plan.text == .json else { return [] }
    var reports: [Report] = []
    for rule in vendor.usage.reports {
      guard let match = try plan.scanned(rule.match), let slot = plan.slot(rule.path) else { continue }
      let (unit, divisor) = UsageUnit.of(rule.unit)
      reports.append(Report(match: match, slot: slot, unit: unit, divisor: divisor, mode: rule.mode))
    }
    return reports
  }

  private static func words(_ vendor: VendorDescriptor, in plan: ListeningPlan) throws(InspectionError) -> [Words] {
    guard plan.text == .json else { return [] }
    var words: [Words] = []
    for rule in vendor.conversation.transcripts {
      guard let match = try plan.scanned(rule.match), let slot = plan.slot(rule.path) else { continue }
      words.append(Words(match: match, slot: slot, isOfClient: rule.speaker == .client, isFinal: rule.form == .final))
    }
    return words
  }
}

extension MessageMatch {
  /// Tells the messages that a template makes, by what in them does not change; nil where that is nothing.
  init?(making template: MessageTemplate) {
    guard case .json(let value) = template.content else { return nil }
    var conditions: [Condition] = []
    Self.collect(value, at: "", &conditions)
    guard !conditions.isEmpty else { return nil }
    self.init(conditions: conditions)
  }

  private static func collect(_ value: JSONValue, at path: String, _ conditions: inout [Condition]) {
    switch value {
    case .object(let object):
      for member in object.members { collect(member.value, at: path.isEmpty ? member.name : "\(path).\(member.name)", &conditions) }
    case .array: break
    case .string(let text) where !TextTemplate(text).variables.isEmpty: break
    default: if let path = JSONPath(path) { conditions.append(Condition(path: path, test: .equals(value))) }
    }
  }
}

extension VendorDescriptor {
  /// The messages by which a client has a text spoken, and where in them it stands.
  fileprivate var spokenTexts: [(match: MessageMatch?, path: JSONPath)] {
    conversation.say.compactMap { template in
      guard case .json(let value) = template.content, let path = Self.place(of: "text", in: value, at: "").flatMap({ JSONPath($0) }) else {
        return nil
      }
      // Of what else stands in it only the name says which messages these are.
      let match = MessageMatch(making: template).map { match in
        MessageMatch(conditions: match.conditions.filter { discriminator.contains(.path($0.path)) })
      }
      return (match?.conditions.isEmpty ?? true ? nil : match, path)
    }
  }

  private static func place(of name: String, in value: JSONValue, at path: String) -> String? {
    switch value {
    case .string(let text): TextTemplate(text).variables.contains(name) ? path : nil
    case .object(let object):
      object.members.lazy.compactMap { place(of: name, in: $0.value, at: path.isEmpty ? $0.name : "\(path).\($0.name)") }.first
    default: nil
    }
  }
}

extension MessageTemplate {
  /// A text as it is.
  init(verbatim text: String) {
    self.init((try? JSONValue.parse(text)).map { .json($0) } ?? .text(TextTemplate(text)))
  }

  /// The fields of the answered message that are copied, by the names of their places.
  var copied: [String: JSONPath] {
    var paths: [String: JSONPath] = [:]
    for name in variables where name.hasPrefix("message.") { paths[name] = JSONPath(String(name.dropFirst("message.".count))) }
    return paths
  }
}

extension Duration {
  /// Whole milliseconds.
  var wholeMilliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
