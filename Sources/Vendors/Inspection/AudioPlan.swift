import Configuration

/// What there is to look at in one direction of a route's sessions: compiled once from a vendor's descriptor, shared by all of them.
public final class AudioPlan: Sendable {
  /// What a message holds.
  enum Content: Sendable {
    /// Nothing that is looked at.
    case other
    case audio
    case json
    /// A vendor's own framing.
    case framed
  }

  /// Where the messages of this direction declare formats. An object, so that looking at it counts one reference.
  final class Declaration: Sendable {
    let slots: [Int]
    /// The slots of the places of this direction's container, form by form.
    let containers: [Int]
    /// The rules with this declaration as their only one.
    let rules: AudioRules

    init(slots: [Int], containers: [Int], rules: AudioRules) {
      self.slots = slots
      self.containers = containers
      self.rules = rules
    }
  }

  /// One way that base64 takes.
  struct Way: Sendable {
    var match: ScannedMatch
    /// Where it stands.
    var slot: Int
    /// The bits of the conditions of which one has to hold; 0 where there are none.
    var conditions: UInt64
  }

  /// What a client says to open a way for audio.
  struct Condition: Sendable {
    var match: ScannedMatch
    var direction: AudioDirection
    /// In the word of all conditions of that direction.
    var bit: UInt64
  }

  public let direction: AudioDirection
  public let policy: RouteAudio.Policy
  let rules: AudioRules
  let text: Content
  let binary: Content
  /// The conditions of which one opens binary messages to audio.
  let binaryConditions: UInt64
  let paths: JSONPathSet
  let ways: [Way]
  /// Where messages are in a vendor's own framing, and how audio travels in them.
  let framing: MessageFraming?
  let framedChoices: [AudioCarriage.Choice]
  /// Told by messages of this direction.
  let conditions: [Condition]
  let declaration: Declaration?
  /// Which messages declare; nothing where all may.
  let declarationMatches: [ScannedMatch]
  /// Nanoseconds.
  let minChunk: Int64?
  let maxChunk: Int64?
  let maxChunkBytes: Int?
  /// Nanoseconds of audio within the window of `AudioPace`, its slack included.
  let maxPace: Int64?
  let realtimeFactor: Double

  /// Characters of base64 that are kept of a stream's first messages: their bytes hold any usual WAV header.
  private static let headLimit = 344

  /// - Parameters:
  ///   - direction: audio of the client, or of the vendor. The vendor's is counted and never refused.
  ///   - route: what the operator says of audio; its format holds where a session declares none.
  /// - Throws: `InspectionError` for a descriptor whose paths or matches need more than single values, or a format that the vendor has not.
  public init(_ vendor: VendorDescriptor, _ direction: AudioDirection, route: RouteAudio = RouteAudio()) throws(InspectionError) {
    self.direction = direction
    policy = direction == .input ? route.policy : .off
    var rules = vendor.audio
    if direction == .input {
      try Self.apply(route, to: &rules)
    }
    self.rules = rules
    let codec = direction == .input ? vendor.codec.client : vendor.codec.server
    let choices = direction == .input ? rules.clientChoices : rules.serverChoices
    let forms = Self.forms(rules.format, direction)
    let spoken = codec.hasJSONText ? choices.indices.filter { choices[$0].json != nil } : []
    let told = direction == .input && codec.hasJSONText ? Self.conditions(rules) : []
    let needsJSON = codec.hasJSONText && !(spoken.isEmpty && forms.isEmpty && told.isEmpty)
    let isBinaryAudio = codec.takesBinaryAudio && choices.contains { $0.carriage == .binary && $0.when == nil }
    let isFramed = codec.framing != nil && !(choices.isEmpty && forms.isEmpty)
    framing = isFramed ? codec.framing : nil
    framedChoices = isFramed ? choices : []
    text = needsJSON ? .json : framing == .usp ? .framed : .other
    binary = isFramed ? .framed : needsJSON && codec == .jsonAnyOpcode ? .json : isBinaryAudio ? .audio : .other
    binaryConditions =
      codec.takesBinaryAudio
      ? choices.indices.reduce(0) { $0 | (choices[$1].carriage == .binary ? Self.bit(choices, $1) : 0) } : 0

    // Framed messages are read whole.
    let scanned = isFramed ? [] : forms
    let matches = spoken.compactMap { choices[$0].json?.match } + scanned.compactMap(\.match) + told.map(\.match)
    let places = scanned.flatMap { [$0.input, $0.output] }.compactMap { $0 }
    let declared = places.flatMap { [$0.encoding, $0.rate, $0.channels, $0.container] }.compactMap { $0.flatMap { JSONPath($0) } }
    let paths = try JSONPathSet(
      matches.flatMap { $0.conditions.map(\.path) } + declared,
      base64: spoken.compactMap { index in
        choices[index].json.map { JSONPathSet.Base64Path($0.path, isURLSafe: choices[index].isURLSafe) }
      },
      // Longer than anything that is asked for, so that what is cut off can't be taken for it.
      valueLimit: max(64, (matches.map { ScannedMatch.valueLimit(of: $0) }.max() ?? 0) + 1), headLimit: Self.headLimit)
    self.paths = paths
    var ways: [Way] = []
    for index in spoken {
      guard let (match, path) = choices[index].json, let slot = paths.slots[path] else { continue }
      ways.append(Way(match: try ScannedMatch(match, in: paths), slot: slot, conditions: Self.bit(choices, index)))
    }
    self.ways = ways
    var conditions: [Condition] = []
    for (match, direction, bit) in told {
      conditions.append(Condition(match: try ScannedMatch(match, in: paths), direction: direction, bit: bit))
    }
    self.conditions = conditions
    var declaring: [ScannedMatch] = []
    if scanned.allSatisfy({ $0.match != nil }) {
      for match in scanned.compactMap(\.match) { declaring.append(try ScannedMatch(match, in: paths)) }
    }
    declarationMatches = declaring
    if forms.isEmpty {
      declaration = nil
    } else {
      var alone = rules
      (alone.format.message, alone.format.serverMessage, alone.format.initBody, alone.format.perMessageForms) = (nil, nil, nil, forms)
      let containers = forms.compactMap { (direction == .input ? $0.input : $0.output)?.container }
      declaration = Declaration(
        slots: declared.compactMap { paths.slots[$0] },
        containers: containers.compactMap { JSONPath($0) }.compactMap { paths.slots[$0] }, rules: alone)
    }

    func nanoseconds(_ duration: Duration) -> Int64 { Int64(duration / .nanoseconds(1)) }
    minChunk = rules.limits.minChunk.map(nanoseconds)
    maxChunk = rules.limits.maxChunk.map(nanoseconds)
    maxChunkBytes = rules.limits.maxChunkBytes
    let factor = [rules.limits.realtimeFactor, route.maxRealtimeFactor].compactMap { $0 }.min()
    realtimeFactor = factor ?? 0
    maxPace = factor.map { Int64($0 * Double(AudioPace.windowMilliseconds + AudioPace.slackMilliseconds) * 1e6) }
  }

  /// Where the messages of a direction declare formats. What every audio message says it says of itself.
  private static func forms(_ format: FormatRules, _ direction: AudioDirection) -> [FormatRules.Directions] {
    switch direction {
    case .input: format.message.map { [$0] } ?? format.perMessageForms
    case .output: format.serverMessage.map { [$0] } ?? format.perMessageForms.filter { $0.output != nil }
    }
  }

  /// The bit of a way's condition; 0 where it has none.
  private static func bit(_ choices: [AudioCarriage.Choice], _ index: Int) -> UInt64 {
    choices[index].when == nil ? 0 : 1 << UInt64(min(index, 63))
  }

  /// The client's messages open ways for both directions.
  private static func conditions(_ rules: AudioRules) -> [(match: MessageMatch, direction: AudioDirection, bit: UInt64)] {
    [(rules.clientChoices, AudioDirection.input), (rules.serverChoices, .output)].flatMap { choices, direction in
      choices.indices.compactMap { index in choices[index].when.map { ($0, direction, bit(choices, index)) } }
    }
  }

  /// The route's format takes the place of the vendor's default.
  private static func apply(_ route: RouteAudio, to rules: inout AudioRules) throws(InspectionError) {
    guard route.encoding != nil || route.sampleRate != nil || route.channels != nil else { return }
    var fixed = rules.format.defaults.input ?? FormatRules.Fixed()
    fixed.encoding = route.encoding ?? fixed.encoding
    fixed.rate = route.sampleRate ?? fixed.rate
    fixed.channels = route.channels ?? fixed.channels
    rules.format.defaults.input = fixed
    guard rules.standard(.input) == nil else { return }
    let known = rules.allowed.input.isEmpty ? AudioEncoding.allCases.map(\.rawValue) : rules.allowed.input.keys.sorted()
    throw InspectionError(
      "the route's audio is '\(fixed.encoding ?? "")' at \(fixed.rate ?? 0) Hz, \(fixed.channels ?? 1) channels; "
        + "expected what the vendor takes: \(known.joined(separator: ", "))")
  }
}

extension AudioCarriage.Choice {
  /// Which messages hold base64, and where; nil for binary messages.
  fileprivate var json: (match: MessageMatch, path: JSONPath)? {
    if case .json(let match, let path) = carriage { (match, path) } else { nil }
  }
}

extension MessageCodec {
  /// Whether a binary message may be nothing but audio.
  fileprivate var takesBinaryAudio: Bool { hasBinaryAudio || self == .jsonText || self == .plainText }
}
