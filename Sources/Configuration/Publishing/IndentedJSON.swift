import JSON

/// JSON for people and for diffs: two blanks per level, short lists of plain values on one line.
public enum IndentedJSON {
  public static func text(_ value: JSONValue) -> String {
    var text = ""
    append(value, indent: "", to: &text)
    return text + "\n"
  }

  private static func append(_ value: JSONValue, indent: String, to text: inout String) {
    let inner = indent + "  "
    switch value {
    case .object(let object) where !object.isEmpty:
      text += "{"
      for (index, member) in object.members.enumerated() {
        text += (index > 0 ? ",\n" : "\n") + inner + JSONValue.string(member.name).text() + ": "
        append(member.value, indent: inner, to: &text)
      }
      text += "\n\(indent)}"
    case .array(let items) where items.contains { $0.objectValue != nil || $0.arrayValue != nil }:
      text += "["
      for (index, item) in items.enumerated() {
        text += (index > 0 ? ",\n" : "\n") + inner
        append(item, indent: inner, to: &text)
      }
      text += "\n\(indent)]"
    case .array(let items):
      text += "[" + items.map { $0.text() }.joined(separator: ", ") + "]"
    default: text += value.text()
    }
  }
}
