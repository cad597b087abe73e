import Configuration
import YAML

/// Keys of a descriptor that cannot both be true, or of which one is nothing without the other.
enum ContradictionCheck {
  static func check(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    carriage(value, node, place, &reader)
    handshake(value, node, place, &reader)
    credential(value, node, place, &reader)
    signatures(value, node, place, &reader)
    rates(value, node, place, &reader)
    handover(value, node, place, &reader)
    if value.keepalive.every != nil, value.keepalive.message == nil {
      reader.error(
        "keepalive of \(place.owner) has 'every' and so needs 'message'", at: node["keepalive"]?.entry("every")?.key.start)
    }
  }

  /// A codec that was written down has room for the audio that was written down.
  private static func carriage(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    for (side, codec, choices) in [
      ("client", value.codec.client, value.audio.clientChoices), ("server", value.codec.server, value.audio.serverChoices),
    ] {
      guard node.descendant(["codec", side]) != nil else { continue }
      let mark = node["audio"]?.entry(side)?.key.start
      if choices.contains(where: { $0.carriage == .binary }), !codec.hasBinaryAudio, codec != .protobuf {
        reader.error("'\(side)' in audio of \(place.owner) is binary, which the codec '\(codec.rawValue)' has not", at: mark)
      }
      if choices.contains(where: { $0.carriage != .binary }), !codec.hasJSONText, codec.framing == nil {
        reader.error("'\(side)' in audio of \(place.owner) is in JSON, which the codec '\(codec.rawValue)' has not", at: mark)
      }
      if choices.contains(where: { $0.when != nil }), codec.isCode {
        reader.error(
          "'\(side)' in audio of \(place.owner) has 'when', which can be seen in JSON only and not with the codec '\(codec.rawValue)'",
          at: mark)
      }
    }
  }

  private static func handshake(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    let rules = value.handshake
    for (index, required) in rules.required.enumerated() {
      let sent = rules.headers.map(\.name) + rules.forward
      guard !sent.contains(where: { HeaderName.equal($0, required.header) }) else { continue }
      reader.error(
        "required header '\(Quote.plain(required.header))' in \(place.owner) is neither in 'headers' nor in 'forward'",
        at: node.descendant(["handshake", "required"])?.sequence?[index].entry("header")?.value.start)
    }
    if rules.subprotocols.requireEcho, rules.offer.isEmpty, rules.forwardSubprotocols.isEmpty {
      reader.error(
        "subprotocols of \(place.owner) has 'require_echo' and so needs 'offer' or 'forward'",
        at: node.descendant(["handshake", "subprotocols"])?.entry("require_echo")?.key.start)
    }
  }

  private static func credential(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    guard value.credential.exchange != nil, !value.credential.choices.contains(where: { $0.kind != .key }) else { return }
    reader.error(
      "credential of \(place.owner) has 'exchange' and no placement that takes a token",
      at: node["credential"]?.entry("exchange")?.key.start)
  }

  /// Each way to sign has its own keys.
  private static func signatures(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    for (index, choice) in value.credential.choices.enumerated() {
      guard case .signed(let rules) = choice.placement else { continue }
      let list = node.descendant(["credential", "placement"])
      let entry = list?.sequence.flatMap { index < $0.count ? $0[index] : nil } ?? list
      let signed = entry?["signed"], name = rules.signer.rawValue
      func wrong(_ key: String, _ isThere: Bool) {
        guard isThere else { return }
        reader.error("'\(key)' of signed in \(place.owner) means nothing to '\(name)'", at: signed?.entry(key)?.key.start)
      }
      if rules.signer == .sigV4 {
        if rules.service == nil || rules.region == nil {
          let key = rules.service == nil ? "service" : "region"
          reader.error("signed of \(place.owner) is by 'sigv4' and so needs '\(key)'", at: signed?.entry("by")?.key.start)
        }
        wrong("hash", rules.hash != nil)
      } else {
        wrong("service", rules.service != nil)
        wrong("region", rules.region != nil)
        if rules.signer == .hmacRequestLine { wrong("expires", rules.expires != nil) }
      }
      if choice.kind == .token {
        reader.error("a placement of \(place.owner) is signed, which takes a key and no token", at: entry?.entry("of")?.value.start)
      }
    }
  }

  /// What one session hands to the next must be the vendor's, and has to stand somewhere.
  private static func handover(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    guard let rules = value.handover, let resume = rules.resume else { return }
    let section = node["handover"]
    if value.memory[resume.memory]?.side != .vendor {
      reader.error(
        "handover of \(place.owner) resumes by '\(Quote.plain(resume.memory))', which is no memory of the vendor's messages",
        at: section?.descendant(["resume"])?.entry("memory")?.value.start,
        suggestion: Suggestion.nearest(to: resume.memory, among: value.memory.filter { $0.value.side == .vendor }.keys))
    }
    if rules.replay.isEmpty, value.lifecycle.firstMessage?.match == nil {
      reader.error(
        "handover of \(place.owner) has 'resume' and no message in which that could stand", at: section?.entry("resume")?.key.start)
    }
  }

  private static func rates(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    for (direction, table) in [("input", value.audio.allowed.input), ("output", value.audio.allowed.output)] {
      for (name, format) in table.sorted(by: { $0.key < $1.key }) {
        let entry = node.descendant(["audio", "allowed", direction, name])
        if let low = format.minRate, let high = format.maxRate, low > high {
          reader.error("'\(Quote.plain(name))' in allowed of \(place.owner) has a 'min_rate' above its 'max_rate'", at: entry?.start)
        }
        if let usual = format.defaultRate, let rates = format.rates, !rates.contains(usual) {
          reader.error(
            "'\(Quote.plain(name))' in allowed of \(place.owner) has a 'default_rate' that is none of its 'rates'",
            at: entry?.entry("default_rate")?.value.start)
        }
      }
    }
  }
}

extension MessageCodec {
  /// Whether it takes code to see what a message holds.
  var isCode: Bool {
    switch self {
    case .messagePack, .protobuf, .eventStream, .volc, .usp: true
    default: false
    }
  }
}
