import JSON

/// How to hold a call with a vendor, written out for an interpreter that knows no descriptors: the playground's script.
///
/// It says what ``CallScript`` does: which parameters to add, what to send first, what readiness is, how audio travels in both directions,
/// where words are, how a turn and a session end. Paths are lists of members, numbers and `"*"`.
public struct CallPlan: Sendable {
  /// The format in which a page has its audio, before the vendor's wishes: mono PCM16 at 16 kHz.
  public static let recording = AudioFormat(encoding: .pcmS16LE, rate: 16_000)

  public let json: JSONValue
  /// Parameters that the URL needs beyond its own.
  public let query: [QueryRules.Pair]

  /// - Parameter query: that the upstream gets without a client's wishes; a format that it declares is the one that is sent.
  /// - Throws: where a page can send the vendor neither audio nor text.
  public init(_ vendor: VendorDescriptor, query: Query = Query()) throws(CallProblem) {
    if vendor.codec.client == .protobuf { throw .codec(vendor: vendor.name, codec: vendor.codec.client.rawValue) }
    let hears = vendor.audio.client != nil
    guard hears || !vendor.conversation.say.isEmpty else { throw .unknown(vendor: vendor.name) }
    let input = hears ? try CallFormat.input(for: Self.recording, query: query, vendor) : nil
    let output = vendor.audio.isShared ? input.map { CallFormat(format: $0.format) } : CallFormat.output(query: query, vendor)
    // What the page asks for keeps its place until then.
    let opening = CallOpening(vendor, input: input ?? CallFormat(format: Self.recording), output: output, query: query) {
      .string("{\($0)}")
    }
    self.query = opening.query
    json = [
      "query": .array(opening.query.map { [.string($0.name), .string($0.value)] }),
      "opening": .array(opening.messages.map { .string($0) }),
      "wishes": .array(Self.wishes(vendor.conversation).map { .string($0) }),
      "framing": Self.framing(vendor),
      "ready": Self.stages(vendor.lifecycle.ready),
      "input": input.map { Self.input($0.format, opening, vendor.audio.limits) } ?? .null,
      "output": Self.output(output, vendor),
      "say": .array(vendor.conversation.say.map(\.json)),
      "memory": Self.memory(vendor.memory),
      "words": Self.words(vendor),
      "turn_end": .array(vendor.conversation.turnEnd.map(\.json)),
      "keepalive": Self.keepalive(vendor.keepalive),
      "close": Self.close(vendor.close),
      "errors": Self.errors(vendor.errors),
      "names": .array(vendor.discriminator.map(\.json)),
    ]
  }

  /// What somebody has to choose, such as a voice: the places of the first messages and of those around a text, in order.
  private static func wishes(_ rules: ConversationRules) -> [String] {
    (rules.opening + rules.say).flatMap(\.variables).reduce(into: []) { names, name in
      if name != "text", !name.hasPrefix("query."), !names.contains(name) { names.append(name) }
    }
  }

  /// Messages that are no JSON but can be put as such, and where a client's hold audio.
  private static func framing(_ vendor: VendorDescriptor) -> JSONValue {
    guard vendor.codec.client.framing != nil else { return .null }
    let audio = vendor.audio.clientChoices.compactMap { choice -> JSONValue? in
      if case .json(let match, let path) = choice.carriage { ["match": match.json, "path": path.json] } else { nil }
    }
    return ["name": .string(vendor.codec.client.rawValue), "audio": .array(audio)]
  }

  private static func stages(_ ready: Lifecycle.Ready) -> JSONValue {
    if case .stages(let stages) = ready { .array(stages.map(\.json)) } else { [] }
  }

  /// Pieces of 100 ms, as far as the vendor's limits let them be.
  private static func input(_ format: AudioFormat, _ opening: CallOpening, _ limits: AudioLimits) -> JSONValue {
    let length = max(min(.milliseconds(100), limits.maxChunk ?? .milliseconds(100)), limits.minChunk ?? .zero)
    var frames = max(Int(length / .microseconds(1)) * format.rate / 1_000_000, 1)
    if let most = limits.maxChunkBytes, let frame = format.bytesPerFrame { frames = max(min(frames, most / frame), 1) }
    let envelope = opening.envelope.map { envelope -> JSONValue in
      ["message": envelope.sketch.value, "path": envelope.path.json]
    }
    return [
      "format": format.json, "frames": .int(Int64(frames)), "envelope": envelope ?? .null,
    ]
  }

  private static func output(_ format: CallFormat?, _ vendor: VendorDescriptor) -> JSONValue {
    guard vendor.audio.server != nil else { return .null }
    let ways = vendor.audio.serverChoices.map { choice -> JSONValue in
      switch choice.carriage {
      case .binary: ["binary": true]
      case .json(let match, let path): ["match": match.json, "path": path.json]
      }
    }
    return [
      "format": format?.format.json ?? .null, "ways": .array(ways), "announced": announced(vendor.audio),
      "any_opcode": .bool(vendor.codec.server == .jsonAnyOpcode), "json": .bool(vendor.codec.server.hasJSONText),
    ]
  }

  /// Where a vendor that chooses the format of its audio says so, and what its words for formats mean.
  private static func announced(_ audio: AudioRules) -> JSONValue {
    guard let directions = audio.format.serverMessage, let places = directions.output else { return .null }
    var formats = JSONObject()
    for (name, allowed) in audio.allowed.output.sorted(by: { $0.key < $1.key }) {
      for rate in allowed.rates ?? allowed.defaultRate.map({ [$0] }) ?? [] {
        var fixed = FormatRules.Fixed()
        fixed.encoding = name
        fixed.rate = rate
        formats[directions.value(fixed) ?? name] = AudioFormat(encoding: allowed.codec, rate: rate).json
      }
    }
    return [
      "match": directions.match?.json ?? [], "encoding": path(places.encoding), "rate": path(places.rate), "formats": .object(formats),
    ]
  }

  private static func path(_ text: String?) -> JSONValue { text.flatMap { JSONPath($0) }?.json ?? .null }

  private static func memory(_ rules: [String: MemoryRule]) -> JSONValue {
    var memory = JSONObject()
    for (name, rule) in rules.sorted(by: { $0.key < $1.key }) {
      memory[name] = ["of": .string(rule.side.rawValue), "path": rule.path?.json ?? []]
    }
    return .object(memory)
  }

  private static func words(_ vendor: VendorDescriptor) -> JSONValue {
    .array(
      vendor.conversation.transcripts.map { rule in
        [
          "match": rule.match?.json ?? [], "path": rule.path?.json ?? [], "form": .string(rule.form.rawValue),
          "speaker": .string(rule.speaker.rawValue),
        ]
      })
  }

  private static func keepalive(_ rules: KeepaliveRules) -> JSONValue {
    let replies = rules.replies.compactMap { reply in
      reply.send.map { send -> JSONValue in ["match": reply.match?.json ?? [], "send": send.json] }
    }
    return [
      "message": rules.message?.json ?? .null, "every": rules.every?.json ?? .null, "needs_audio": .bool(rules.needsAudio),
      "only_when_idle": .bool(rules.onlyWhenIdle), "replies": .array(replies),
    ]
  }

  private static func close(_ rules: CloseRules) -> JSONValue {
    ["message": rules.message?.json ?? .null, "await": rules.await?.json ?? .null, "drain": rules.drain?.json ?? .null]
  }

  private static func errors(_ rules: ErrorRules) -> JSONValue {
    let messages = rules.messages.map { rule -> JSONValue in
      [
        "match": rule.match?.json ?? [], "code": rule.codePath?.json ?? .null, "message": rule.messagePath?.json ?? .null,
        "fatal": .bool(rule.fatal),
      ]
    }
    let codes = rules.closeCodes.map { rule -> JSONValue in
      [
        "code": .int(Int64(rule.code)), "reason": rule.reason.map { .string($0) } ?? .null, "class": .string(rule.kind.rawValue),
        "meaning": .string(rule.meaning),
      ]
    }
    return ["messages": .array(messages), "codes": .array(codes)]
  }
}

extension AudioFormat {
  fileprivate var json: JSONValue {
    ["encoding": .string(encoding.rawValue), "rate": .int(Int64(rate)), "channels": .int(Int64(channels))]
  }
}

extension JSONPath {
  fileprivate var json: JSONValue {
    .array(
      steps.map { step in
        switch step {
        case .member(let name): .string(name)
        case .element(let index): .int(Int64(index))
        case .every: "*"
        }
      })
  }
}

extension MessageMatch {
  fileprivate var json: JSONValue {
    .array(
      conditions.map { condition in
        let (test, value): (String, JSONValue) =
          switch condition.test {
          case .equals(let value): ("equals", value)
          case .not(let value): ("not", value)
          case .exists(let wanted): ("exists", .bool(wanted))
          case .nonZero: ("nonzero", .null)
          case .prefix(let prefix): ("prefix", .string(prefix))
          case .oneOf(let values): ("one_of", .array(values))
          }
        return ["path": condition.path.json, "test": .string(test), "value": value]
      })
  }
}

extension MessageTemplate {
  fileprivate var json: JSONValue {
    switch content {
    case .json(let value): ["json": value]
    case .text(let text): ["text": .string(text.source)]
    }
  }
}

extension Discriminator {
  fileprivate var json: JSONValue {
    switch self {
    case .path(let path): ["path": path.json]
    case .keys(let keys): ["keys": .array(keys.compactMap { key in JSONPath(key).map { [.string(key), $0.json] } })]
    }
  }
}

extension Duration {
  /// Whole milliseconds.
  fileprivate var json: JSONValue { .int(Int64(self / .milliseconds(1))) }
}
