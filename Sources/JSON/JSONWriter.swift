extension JSONValue: CustomStringConvertible {
  /// The value as compact JSON in UTF-8. A double that is not finite, which JSON cannot say, becomes `null`.
  /// - Parameter sortedKeys: members in the order of their names' bytes instead of their own order.
  public func serialize(sortedKeys: Bool = false) -> [UInt8] {
    var output: [UInt8] = []
    append(to: &output, sortedKeys: sortedKeys)
    return output
  }

  /// `serialize` as text.
  public func text(sortedKeys: Bool = false) -> String { String(decoding: serialize(sortedKeys: sortedKeys), as: UTF8.self) }

  public var description: String { text() }

  /// Appends the value as compact JSON.
  public func append(to output: inout [UInt8], sortedKeys: Bool = false) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): output.append(contentsOf: String(value).utf8)
    // Swift's description is the shortest text that reads back as the same double, in JSON's grammar.
    case .double(let value): output.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    case .string(let value): JSONValue.append(string: value, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.append(to: &output, sortedKeys: sortedKeys)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let object):
      let members = sortedKeys ? object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : object.members
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        JSONValue.append(string: member.name, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.append(to: &output, sortedKeys: sortedKeys)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  /// Appends a text as a JSON string with its quotes. Only what RFC 8259 section 7 forces is escaped.
  public static func append(string text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0x0A: output.append(contentsOf: "\\n".utf8)
      case 0x0D: output.append(contentsOf: "\\r".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        output.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
        output.append(contentsOf: String(byte, radix: 16).utf8)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
