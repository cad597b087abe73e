import Logging

/// One log record, ready to be written.
struct LogLine {
  let time: Timestamp
  let level: Logger.Level
  /// The stable name of what happened, if it has one.
  let event: String?
  /// Empty when it only repeats the event.
  let message: String
  /// In the order they are written: by name, so that equal records are equal lines.
  let fields: [(name: String, value: Logger.MetadataValue)]

  init(time: Timestamp, level: Logger.Level, message: String, fields: Logger.Metadata) {
    self.time = time
    self.level = level
    let event = fields["event"].map { "\($0)" }
    self.event = event
    // An event says its name once; a message of its own may come with its fields.
    let own = message == event ? fields["message"].map { "\($0)" } ?? "" : nil
    self.message = own ?? message
    self.fields = fields.filter { $0.key != "event" && !($0.key == "message" && own != nil) }
      .sorted { $0.key < $1.key }.map { (Self.rename($0.key), $0.value) }
  }

  /// A field must not pose as one of the record's own members.
  private static func rename(_ name: String) -> String {
    ["time", "level", "message"].contains(name) ? name + "_" : name
  }

  func bytes(_ format: LogFormat) -> [UInt8] {
    Array((format == .json ? json : text).utf8)
  }

  private var json: String {
    var line = "{\"time\":\"\(time.rfc3339)\",\"level\":\"\(level.rawValue)\""
    if let event { Self.member("event", .string(event), &line) }
    if !message.isEmpty { Self.member("message", .string(message), &line) }
    for field in fields { Self.member(field.name, field.value, &line) }
    return line + "}\n"
  }

  private var text: String {
    let name = level.rawValue.uppercased()
    var line = "\(time.timeOfDay) \(name)\(String(repeating: " ", count: max(0, 8 - name.count)))"
    let head = [event ?? "", message].filter { !$0.isEmpty }.map { Self.printable($0) }
    line += " " + head.joined(separator: " ")
    for field in fields {
      line += " \(Self.printable(field.name))="
      switch field.value {
      case .string(let value): line += Self.word(value)
      case .stringConvertible(let value): line += Self.word("\(value)")
      case .array, .dictionary:
        var nested = ""
        Self.value(field.value, &nested)
        line += nested
      }
    }
    return line + "\n"
  }

  // MARK: JSON

  private static func member(_ name: String, _ content: Logger.MetadataValue, _ line: inout String) {
    line += ","
    string(name, &line)
    line += ":"
    value(content, &line)
  }

  private static func value(_ content: Logger.MetadataValue, _ line: inout String) {
    switch content {
    case .string(let text): string(text, &line)
    case .stringConvertible(let value): scalar(value, &line)
    case .array(let elements):
      line += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { line += "," }
        value(element, &line)
      }
      line += "]"
    case .dictionary(let members):
      line += "{"
      for (index, entry) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { line += "," }
        string(entry.key, &line)
        line += ":"
        value(entry.value, &line)
      }
      line += "}"
    }
  }

  /// Numbers and truth values stay what they are; JSON has no spelling for a number that is not finite.
  private static func scalar(_ value: any CustomStringConvertible, _ line: inout String) {
    switch value {
    case let number as any BinaryInteger: line += "\(number)"
    case let number as Double where number.isFinite: line += "\(number)"
    case let truth as Bool: line += truth ? "true" : "false"
    default: string("\(value)", &line)
    }
  }

  /// A JSON string (RFC 8259 section 7). Beyond what the RFC demands, everything that ends a line or drives a terminal is escaped too.
  private static func string(_ text: String, _ line: inout String) {
    line += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": line += "\\\""
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      default:
        if LogText.isControl(scalar) { escape(scalar, &line) } else { line.unicodeScalars.append(scalar) }
      }
    }
    line += "\""
  }

  private static func escape(_ scalar: Unicode.Scalar, _ line: inout String) {
    let digits = String(scalar.value, radix: 16)
    line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  // MARK: Text

  /// A value as it is, or quoted where its end could not be seen otherwise.
  private static func word(_ text: String) -> String {
    let plain = !text.isEmpty && text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" && !LogText.isControl($0) }
    if plain { return text }
    var quoted = ""
    string(text, &quoted)
    return quoted
  }

  /// A message keeps its spaces and quotes; only control characters are escaped.
  private static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if LogText.isControl(scalar) { escape(scalar, &result) } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
