import Configuration
import JSON
import YAML

extension ValueTypes {
  /// Any YAML value as JSON: plain scalars by YAML's core schema, quoted ones as text.
  static func json(_ node: Node) -> JSONValue {
    switch node.content {
    case .scalar(let scalar):
      switch scalar.core {
      case .null: .null
      case .boolean(let value): .bool(value)
      case .integer(let value): .int(Int64(value))
      case .number(let value): value.isFinite ? .double(value) : .string(scalar.text)
      case .text(let text): .string(text)
      }
    case .sequence(let nodes): .array(nodes.map(json))
    case .mapping(let entries): .object(JSONObject(entries.map { .init($0.name, json($0.value)) }))
    }
  }

  static let path = ValueType<JSONPath>.scalar(
    "JSON path", expected: "a JSON path such as response.usage or content[0].text", shape: .text(pattern: nil), write: { $0.text }
  ) { JSONPath($0.text) }

  static let match = ValueType<MessageMatch>("match", shape: .map(.anything, keyPattern: nil)) { node, place, _, reader in
    guard let entries = node.mapping, !entries.isEmpty else {
      reader.mismatch(node, at: place, expected: "a mapping of JSON paths to values")
      return nil
    }
    return MessageMatch(
      conditions: entries.compactMap { entry in
        guard let path = JSONPath(entry.name) else {
          reader.error("'\(Quote.plain(entry.name))' in \(place.owner) is not a JSON path", at: entry.key.start)
          return nil
        }
        guard let test = test(entry.value, place.field(entry.name), &reader) else { return nil }
        return MessageMatch.Condition(path: path, test: test)
      })
  }

  private static let tests = ["exists", "prefix", "non_zero", "not", "one_of"]

  private static func test(_ node: Node, _ place: Place, _ reader: inout Reader) -> MessageMatch.Test? {
    guard let entries = node.mapping else {
      if node.sequence == nil { return .equals(json(node)) }
      reader.mismatch(node, at: place, expected: "a value, or a mapping with \(Quote.alternatives(tests))")
      return nil
    }
    guard entries.count == 1, let entry = entries.first else {
      reader.error("\(place.phrase) takes exactly one of \(Quote.alternatives(tests))", at: node.start)
      return nil
    }
    let inner = place.field(entry.name)
    switch entry.name {
    case "exists": return ValueType<Bool>.boolean.read(entry.value, inner, nil, &reader).map { .exists($0) }
    case "prefix": return ValueType<String>.text.read(entry.value, inner, nil, &reader).map { .prefix($0) }
    case "non_zero": return .nonZero
    case "not": return .not(json(entry.value))
    case "one_of": return .oneOf((entry.value.sequence ?? [entry.value]).map(json))
    default:
      reader.error(
        "unknown key '\(Quote.plain(entry.name))' in \(place.owner)", at: entry.key.start,
        suggestion: Suggestion.nearest(to: entry.name, among: tests))
      return nil
    }
  }

  /// A mapping is JSON, a scalar is plain text.
  static let message = ValueType<MessageTemplate>("message", shape: .anything) { node, _, _, _ in
    if let scalar = node.scalar { return MessageTemplate(.text(TextTemplate(scalar.text))) }
    return MessageTemplate(.json(json(node)))
  }
}
