import Configuration
import YAML

/// Keys of a descriptor that cannot both be true, or of which one is nothing without the other.
enum ContradictionCheck {
  static func check(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    carriage(value, node, place, &reader)
    handshake(value, node, place, &reader)
    credential(value, node, place, &reader)
    rates(value, node, place, &reader)
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
      if choices.contains(where: { $0.carriage == .binary }), !codec.hasBinaryAudio, !codec.isCode {
        reader.error("'\(side)' in audio of \(place.owner) is binary, which the codec '\(codec.rawValue)' has not", at: mark)
      }
      if choices.contains(where: { $0.carriage != .binary }), !codec.hasJSONText {
        reader.error("'\(side)' in audio of \(place.owner) is in JSON, which the codec '\(codec.rawValue)' has not", at: mark)
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
  fileprivate var isCode: Bool {
    switch self {
    case .messagePack, .protobuf, .eventStream, .volc, .usp: true
    default: false
    }
  }
}
