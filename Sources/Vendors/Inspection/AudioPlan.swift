import Configuration

/// What there is to look at in one direction of a route's sessions: compiled once from a vendor's descriptor, shared by all of them.
public final class AudioPlan: Sendable {
  /// What a message holds.
  enum Content: Sendable {
    /// Nothing that is looked at.
    case other
    case audio
    case json
  }

  /// Where the messages of this direction declare formats.
  struct Declaration: Sendable {
    var slots: [Int]
    /// The slot of the place of this direction's container.
    var container: Int?
    /// The rules with this declaration as their only one.
    var rules: AudioRules
  }

  public let direction: AudioDirection
  public let policy: RouteAudio.Policy
  let rules: AudioRules
  let text: Content
  let binary: Content
  let paths: JSONPathSet
  /// Which messages hold base64; nil where none do.
  let audioMatch: ScannedMatch?
  let declaration: Declaration?
  /// Which messages declare; nil where all may.
  let declarationMatch: ScannedMatch?
  /// Nanoseconds.
  let minChunk: Int64?
  let maxChunk: Int64?
  let maxChunkBytes: Int?
  /// Nanoseconds of audio within the window of `AudioPace`.
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
    let declares = direction == .input ? rules.format.message ?? rules.format.perMessage : rules.format.serverMessage
    let carriage = direction == .input ? rules.client : rules.server
    let codec = direction == .input ? vendor.codec.client : vendor.codec.server
    var match: MessageMatch?
    var base64: JSONPath?
    if case .json(let which, let path)? = carriage, codec.hasJSONText { (match, base64) = (which, path) }
    let needsJSON = codec.hasJSONText && (base64 != nil || declares != nil)
    text = needsJSON ? .json : .other
    binary = needsJSON && codec == .jsonAnyOpcode ? .json : carriage == .binary && codec.takesBinaryAudio ? .audio : .other

    let matches = [match, declares?.match].compactMap { $0 }
    let places = [declares?.input, declares?.output].compactMap { $0 }.flatMap { [$0.encoding, $0.rate, $0.channels, $0.container] }
    let declared = places.compactMap { $0.flatMap { JSONPath($0) } }
    let paths = try JSONPathSet(
      matches.flatMap { $0.conditions.map(\.path) } + declared, base64: base64,
      // Longer than anything that is asked for, so that what is cut off can't be taken for it.
      valueLimit: max(64, (matches.map { ScannedMatch.valueLimit(of: $0) }.max() ?? 0) + 1), headLimit: Self.headLimit)
    self.paths = paths
    audioMatch = if let match { try ScannedMatch(match, in: paths) } else { nil }
    declarationMatch = if let match = declares?.match { try ScannedMatch(match, in: paths) } else { nil }
    if let declares {
      var alone = rules
      alone.format.message = declares
      alone.format.serverMessage = nil
      let container = (direction == .input ? declares.input : declares.output)?.container
      declaration = Declaration(
        slots: declared.compactMap { paths.slots[$0] }, container: container.flatMap { JSONPath($0) }.flatMap { paths.slots[$0] },
        rules: alone)
    } else {
      declaration = nil
    }

    func nanoseconds(_ duration: Duration) -> Int64 { Int64(duration / .nanoseconds(1)) }
    minChunk = rules.limits.minChunk.map(nanoseconds)
    maxChunk = rules.limits.maxChunk.map(nanoseconds)
    maxChunkBytes = rules.limits.maxChunkBytes
    let factor = [rules.limits.realtimeFactor, route.maxRealtimeFactor].compactMap { $0 }.min()
    realtimeFactor = factor ?? 0
    maxPace = factor.map { Int64($0 * Double(AudioPace.windowMilliseconds) * 1e6) }
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

extension MessageCodec {
  /// Whether a binary message may be nothing but audio.
  fileprivate var takesBinaryAudio: Bool { hasBinaryAudio || self == .jsonText || self == .plainText }
}
