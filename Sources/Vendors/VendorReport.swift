import Configuration
import JSON

/// A descriptor in words, for people who choose or debug a vendor.
public enum VendorReport {
  /// One line for each vendor.
  public static func list(_ catalogue: Catalogue) -> String {
    let width = catalogue.names.map(\.count).max() ?? 0
    return catalogue.names.compactMap { name in
      catalogue[name].map { "\(name)\(String(repeating: " ", count: width - name.count))  \($0.kind.title): \($0.title)" }
    }.joined(separator: "\n")
  }

  /// What one vendor needs, accepts and limits.
  public static func explain(_ vendor: VendorDescriptor) -> String {
    var lines = ["\(vendor.name): \(vendor.title)", ""]
    for (label, values) in rows(vendor) where !values.isEmpty {
      for (index, value) in values.enumerated() {
        let head = index == 0 ? label : ""
        lines.append("  \(head)\(String(repeating: " ", count: max(14 - head.count, 1)))\(value)")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The same for programs: what `explain` says, by its labels.
  public static func json(_ vendor: VendorDescriptor) -> JSONValue {
    var json: JSONObject = [
      "name": .string(vendor.name), "title": .string(vendor.title), "declarative": .bool(vendor.programmed.isEmpty),
      "coded": .array(vendor.programmed.map { .string($0) }),
    ]
    for (label, values) in rows(vendor) where !values.isEmpty { json[label] = .array(values.map { .string($0) }) }
    return .object(json)
  }

  private static func rows(_ vendor: VendorDescriptor) -> [(String, [String])] {
    let audio = vendor.audio
    return [
      ("kind", [vendor.kind.title]),
      ("like", vendor.like.map { [$0] } ?? []),
      ("url", [vendor.endpoint.url.source]),
      ("variables", variables(vendor)),
      (
        "regions",
        vendor.regions.sorted { $0.key < $1.key }.map { region, values in
          "\(region): \(values.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", "))"
        }
      ),
      ("paths", vendor.endpoint.pathSuffixes),
      ("query", query(vendor.endpoint.query)),
      ("credential", credential(vendor.credential)),
      ("token", exchange(vendor.credential.exchange)),
      ("first asked", vendor.initRequest.map(first) ?? []),
      ("stripped", stripped(vendor.strip)),
      ("headers", headers(vendor.handshake)),
      ("subprotocols", subprotocols(vendor.handshake.subprotocols)),
      ("messages", ["client \(vendor.codec.client.rawValue), vendor \(vendor.codec.server.rawValue)"]),
      ("named by", vendor.discriminator.map(describe)),
      (
        "audio",
        [("client", audio.clientChoices, vendor.codec.client), ("vendor", audio.serverChoices, vendor.codec.server)]
          .flatMap { side, choices, codec in
            choices.map { choice in
              "\(side): \(describe(choice.carriage, codec))\(choice.isURLSafe ? ", in either alphabet" : "")"
                + (choice.when.map { ", after the client's \($0.summary)" } ?? "")
            }
          }
      ),
      ("declared", declared(audio.format)),
      (
        "formats",
        [("in", audio.allowed.input), ("out", audio.allowed.output)].compactMap { side, table in
          table.isEmpty ? nil : "\(side): \(table.keys.sorted().map { describe($0, table[$0]) }.joined(separator: ", "))"
        }
      ),
      ("chunks", chunks(audio.limits)),
      ("first message", vendor.lifecycle.firstMessage?.match.map { [$0.summary] } ?? []),
      ("ready", [ready(vendor.lifecycle.ready)]),
      (
        "remembered",
        vendor.memory.sorted { $0.key < $1.key }.map { "\($0.key): the \($0.value.side.rawValue)'s \($0.value.path?.text ?? "")" }
      ),
      ("keepalive", keepalive(vendor.keepalive)),
      ("close", close(vendor.close)),
      ("errors", errors(vendor.errors)),
      (
        "close codes",
        vendor.errors.closeCodes.map { code in
          "\(code.code)\(code.reason.map { " \($0)" } ?? "") (\(code.kind.rawValue)): \(code.meaning)"
        }
      ),
      (
        "usage",
        vendor.usage.reports.map { report in
          "\(report.unit.rawValue) at \(report.path?.text ?? "") where \(report.match?.summary ?? ""), \(report.mode.rawValue)"
        } + (vendor.usage.fallback.map { ["else the gateway counts \($0.rawValue.replacing("_", with: " "))"] } ?? [])
      ),
      ("limits", limits(vendor.limits)),
      ("simulator", [vendor.simulation == nil ? "none" : "yes"]),
      ("source", vendor.sources),
    ]
  }

  private static func describe(_ carriage: AudioCarriage, _ codec: MessageCodec) -> String {
    switch carriage {
    case .binary: "binary messages"
    case .json(let match, let path): "\(codec.framing == nil ? "base64" : "bytes") at \(path.text) where \(match.summary)"
    }
  }

  private static func describe(_ name: String, _ format: AllowedFormats.Format?) -> String {
    guard let rates = format?.rates else {
      guard let low = format?.minRate, let high = format?.maxRate else { return name }
      return "\(name) (\(low) to \(high) Hz)"
    }
    return "\(name) (\(rates.map(String.init).joined(separator: "/")) Hz)"
  }

  private static func declared(_ format: FormatRules) -> [String] {
    func places(_ directions: FormatRules.Directions) -> String {
      [("in", directions.input), ("out", directions.output)].compactMap { side, places in
        places.map { "\(side) \([$0.encoding, $0.rate, $0.channels, $0.container].compactMap { $0 }.joined(separator: ", "))" }
      }.joined(separator: "; ")
    }
    let forms: [(String, FormatRules.Directions?)] =
      [
        ("query", format.query), ("init body", format.initBody), ("vendor's message", format.serverMessage),
      ] + format.perMessageForms.map { ("each audio message", $0) }
    var lines = forms.compactMap { name, directions in directions.map { "\(name): \(places($0))" } }
    if let message = format.message { lines.append("client message with \(message.match?.summary ?? "anything"): \(places(message))") }
    let directions = [format.query, format.message, format.initBody, format.perMessage, format.serverMessage].compactMap { $0 }.first
    for pattern in directions?.patterns ?? [] { lines.append("as \(pattern.source)") }
    for (value, fixed) in (directions?.composite ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append("\(value) is \(fixed.encoding ?? "")\(fixed.rate.map { " at \($0) Hz" } ?? "")")
    }
    for (side, fixed) in [("in", format.defaults.input), ("out", format.defaults.output)] {
      guard let fixed else { continue }
      lines.append("otherwise \(side) \(fixed.encoding ?? "any")\(fixed.rate.map { " at \($0) Hz" } ?? "")")
    }
    return lines
  }

  private static func chunks(_ limits: AudioLimits) -> [String] {
    [
      limits.minChunk.map { "at least \(Units.text($0))" }, limits.maxChunk.map { "at most \(Units.text($0))" },
      limits.maxChunkBytes.map { "at most \(Units.text(bytes: $0))" }, limits.realtimeFactor.map { "at most \($0) times real time" },
    ].compactMap { $0 }
  }

  private static func ready(_ ready: Lifecycle.Ready) -> String {
    switch ready {
    case .open: "at once"
    case .stages(let stages): "after \(stages.map(\.summary).joined(separator: ", then "))"
    }
  }

  private static func keepalive(_ rules: KeepaliveRules) -> [String] {
    var lines: [String] = []
    if let message = rules.message {
      let every = rules.every.map { " every \(Units.text($0))" } ?? ""
      lines.append(text(message) + every + (rules.needsAudio ? ", once some audio has come" : ""))
    }
    for reply in rules.replies { lines.append("\(text(reply.send)) answers \(reply.match?.summary ?? "")") }
    for sign in rules.signs { lines.append("\(sign.summary) wants no answer") }
    if let ping = rules.ping { lines.append("a WebSocket ping every \(Units.text(ping))") }
    if let timeout = rules.pingTimeout { lines.append("a pong may take \(Units.text(timeout))") }
    if let idle = rules.idleTimeout {
      lines.append("the vendor closes after \(Units.text(idle)) of nothing\(rules.idleClose.map { " with \($0.code) \($0.reason)" } ?? "")")
    }
    if let name = rules.idleQuery { lines.append("the parameter \(name) sets after how many seconds the vendor closes") }
    return lines
  }

  private static func limits(_ limits: VendorLimits) -> [String] {
    [
      limits.maxSession.map { "sessions of at most \(Units.text($0))" },
      limits.maxMessage.map { "messages of at most \(Units.text(bytes: $0))" },
      limits.concurrency.map { "\($0) sessions at one time, as documented" },
    ].compactMap { $0 } + ["compression \(limits.compression == .off ? "is not offered" : "is offered")"]
  }
}
