/// What of the messages of one direction a session's conduct looks at.
struct ListeningPlan: Sendable {
  enum Content: Sendable {
    /// Nothing that is looked at.
    case other
    case audio
    case json
    /// Plain text among which there may be a word that means something.
    case word
  }

  /// A way that audio takes in JSON, and the slot of its base64.
  struct AudioWay: Sendable {
    var match: ScannedMatch
    var slot: Int
  }

  /// A value to be remembered.
  struct Memory: Sendable {
    var name: String
    var slot: Int
  }

  let text: Content
  let binary: Content
  let paths: JSONPathSet
  let audio: [AudioWay]
  let memory: [Memory]

  /// Paths and matches on their way into a set.
  struct Needs {
    private(set) var paths: [JSONPath] = []
    private(set) var limit = 64

    mutating func add(_ path: JSONPath?) {
      if let path = path.map(ListeningPlan.single) { paths.append(path) }
    }

    mutating func add(_ matches: [MessageMatch]) {
      for match in matches.map(ListeningPlan.single) {
        paths += match.conditions.map(\.path)
        // Longer than anything that is asked for, so that what is cut off can't be taken for it.
        limit = max(limit, ScannedMatch.valueLimit(of: match) + 1)
      }
    }

    /// Values of so many bytes are of use.
    mutating func keep(_ bytes: Int) { limit = max(limit, bytes) }
  }

  /// - Parameters:
  ///   - needs: what else is asked of the messages.
  ///   - comparesText: whether plain text is compared with a word.
  ///   - readsBinary: whether binary messages are read like text, where they are no audio.
  init(
    _ vendor: VendorDescriptor, _ side: MemoryRule.Side, needs: Needs, comparesText: Bool, readsBinary: Bool = false
  ) throws(InspectionError) {
    let codec = side == .client ? vendor.codec.client : vendor.codec.server
    let choices = side == .client ? vendor.audio.clientChoices : vendor.audio.serverChoices
    let ways = choices.compactMap { choice -> (match: MessageMatch, path: JSONPath)? in
      if case .json(let match, let path) = choice.carriage { (match, path) } else { nil }
    }
    let remembered = vendor.memory.filter { $0.value.side == side }.sorted { $0.key < $1.key }
    var needs = needs
    needs.add(ways.map(\.match))
    for way in ways { needs.add(way.path) }
    for (_, rule) in remembered { needs.add(rule.path) }
    if !remembered.isEmpty { needs.keep(256) }
    let set = try JSONPathSet(needs.paths, valueLimit: needs.limit)
    let reads = codec.hasJSONText && !needs.paths.isEmpty
    let mayBeAudio = codec.hasBinaryAudio || codec == .jsonText
    let isBinaryAudio = mayBeAudio && choices.contains { $0.carriage == .binary }
    paths = set
    text = reads ? .json : comparesText ? .word : .other
    binary = isBinaryAudio ? .audio : reads && (readsBinary || codec == .jsonAnyOpcode) ? .json : .other
    var audio: [AudioWay] = []
    for way in ways where reads {
      guard let slot = set.slots[Self.single(way.path)] else { continue }
      audio.append(AudioWay(match: try ScannedMatch(Self.single(way.match), in: set), slot: slot))
    }
    self.audio = audio
    memory = remembered.compactMap { name, rule in
      rule.path.flatMap { set.slots[Self.single($0)] }.map { Memory(name: name, slot: $0) }
    }
  }

  /// Of many values the first is looked at.
  static func single(_ path: JSONPath) -> JSONPath {
    guard path.steps.contains(.every) else { return path }
    return JSONPath(path.text.replacing("[*]", with: "[0]")) ?? path
  }

  static func single(_ match: MessageMatch) -> MessageMatch {
    MessageMatch(conditions: match.conditions.map { MessageMatch.Condition(path: single($0.path), test: $0.test) })
  }

  func scanned(_ matches: [MessageMatch]) throws(InspectionError) -> [ScannedMatch] {
    var scanned: [ScannedMatch] = []
    for match in matches { scanned.append(try ScannedMatch(Self.single(match), in: paths)) }
    return scanned
  }

  func scanned(_ match: MessageMatch?) throws(InspectionError) -> ScannedMatch? {
    try match.map { (match) throws(InspectionError) in try ScannedMatch(Self.single(match), in: paths) }
  }

  func slot(_ path: JSONPath?) -> Int? { path.flatMap { paths.slots[Self.single($0)] } }
}

extension [ScannedMatch] {
  func anyHolds(in scanner: borrowing JSONScanner) -> Bool {
    for index in indices where self[index].holds(in: scanner) { return true }
    return false
  }
}

extension [ListeningPlan.AudioWay] {
  /// Whether the message has audio.
  func bring(_ scanner: borrowing JSONScanner) -> Bool {
    for index in indices where self[index].match.holds(in: scanner) {
      let slot = self[index].slot
      if scanner.kind(slot) == .string, scanner.count(slot) > 0 { return true }
    }
    return false
  }
}
