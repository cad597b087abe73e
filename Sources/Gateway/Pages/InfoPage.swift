import JSON
import Telemetry

/// What a configured path answers: JSON in whose texts `{time}` and `{host}` stand for what they are at the request.
struct InfoPage: Sendable {
  private let content: JSONValue

  init?(_ text: String) {
    guard let content = try? JSONValue.parse(Array(text.utf8)) else { return nil }
    self.content = content
  }

  func body(host: String, at time: Timestamp) -> [UInt8] {
    filled(content, ["time": time.rfc3339, "host": host]).serialize()
  }

  private func filled(_ value: JSONValue, _ words: [String: String]) -> JSONValue {
    switch value {
    case .string(let text): .string(filled(text, words))
    case .array(let items): .array(items.map { filled($0, words) })
    case .object(let object): .object(JSONObject(object.members.map { .init($0.name, filled($0.value, words)) }))
    case .null, .bool, .int, .double: value
    }
  }

  /// One pass: what the request says is not looked through again.
  private func filled(_ text: String, _ words: [String: String]) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "{") {
      result += rest[..<start]
      rest = rest[start...]
      guard let end = rest.firstIndex(of: "}"), let word = words[String(rest[rest.index(after: start)..<end])] else {
        result += "{"
        rest = rest.dropFirst()
        continue
      }
      result += word
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
