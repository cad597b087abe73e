import JSON
import YAML

/// The JSON Schema (draft 2020-12) of a section, for editors and other checkers. It says what can be said about forms; cross checks
/// such as the existence of a named upstream are `Validation`'s.
public struct JSONSchema {
  private var definitions: [(name: String, schema: JSONValue)] = []

  /// - Parameters:
  ///   - root: The section that is the whole file.
  ///   - title: What the schema is of.
  public static func document(of root: SectionShape, title: String) -> JSONValue {
    var schema = JSONSchema()
    let body = schema.object(root)
    var members: [JSONObject.Member] = [
      .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
      .init("title", .string(title)),
    ]
    members += body.members
    let definitions = schema.definitions.sorted { $0.name < $1.name }.map { JSONObject.Member($0.name, $0.schema) }
    members.append(.init("$defs", .object(JSONObject(definitions))))
    return .object(JSONObject(members))
  }

  private mutating func object(_ section: SectionShape) -> JSONObject {
    var properties = JSONObject()
    for field in section.fields { properties[field.key] = property(field) }
    var object: JSONObject = [
      "description": .string(section.documentation), "type": "object", "additionalProperties": false, "properties": .object(properties),
    ]
    let required = section.fields.filter(\.isRequired).map { JSONValue.string($0.key) }
    if !required.isEmpty { object["required"] = .array(required) }
    let rules = section.rules.map(rule)
    if !rules.isEmpty { object["allOf"] = .array(rules) }
    return object
  }

  private mutating func property(_ field: SectionShape.Field) -> JSONValue {
    var members = JSONObject()
    var text = field.documentation
    if case .notYet = field.availability { text += " Not yet in effect." }
    members["description"] = .string(text)
    let form = schema(field.shape)
    // The neighbours of `$ref` count in 2020-12.
    for member in form.objectValue ?? JSONObject() { members[member.name] = member.value }
    if let value = field.defaultText.flatMap({ Loader.load($0).root }) { members["default"] = Self.json(value) }
    return .object(members)
  }

  private mutating func schema(_ shape: Shape) -> JSONValue {
    switch shape {
    case .boolean: return ["type": "boolean"]
    case .integer(nil): return ["type": "integer"]
    case .integer(let range?):
      var object: JSONObject = ["type": "integer", "minimum": .int(Int64(range.lowerBound))]
      if range.upperBound != .max { object["maximum"] = .int(Int64(range.upperBound)) }
      return .object(object)
    case .number: return ["type": "number"]
    // Where text is asked for, a plain number or boolean is taken as its text.
    case .text(nil): return ["type": ["string", "number", "boolean"]]
    case .text(let pattern?): return ["type": "string", "pattern": .string(pattern)]
    case .choice(let words): return ["enum": .array(words.map { .string($0) } + words.compactMap(Self.number))]
    case .list(let item, let least):
      var object: JSONObject = ["type": "array", "items": schema(item)]
      if least > 0 { object["minItems"] = .int(Int64(least)) }
      return .object(object)
    case .map(let value, let pattern):
      let value = schema(value)
      guard let pattern else { return ["type": "object", "additionalProperties": value] }
      return ["type": "object", "patternProperties": .object([pattern: value]), "additionalProperties": false]
    case .section(let name, let section):
      if !definitions.contains(where: { $0.name == name }) {
        // The name is taken before the body is made: a section may hold itself.
        definitions.append((name, .null))
        let body = JSONValue.object(object(section()))
        definitions.removeAll { $0.name == name }
        definitions.append((name, body))
      }
      return ["$ref": .string("#/$defs/\(name)")]
    case .any(let shapes): return ["anyOf": .array(shapes.map { schema($0) })]
    case .anything: return [:]
    }
  }

  private func rule(_ rule: SectionRule) -> JSONValue {
    let keys = rule.keys
    let each = keys.map { key -> JSONValue in ["required": [.string(key)]] }
    switch rule {
    case .exactlyOne: return ["oneOf": .array(each)]
    case .atMostOne: return ["oneOf": .array(each + [["not": ["anyOf": .array(each)]]])]
    case .together:
      return [
        "dependentRequired": .object(
          JSONObject(
            keys.map { key in
              JSONObject.Member(key, .array(keys.filter { $0 != key }.map { .string($0) }))
            }))
      ]
    }
  }

  /// `minimum_version: 1.2` is a number to YAML, and one of the words to us.
  private static func number(_ word: String) -> JSONValue? {
    Scalar(word).number.map { .double($0) }
  }

  private static func json(_ node: Node) -> JSONValue {
    switch node.content {
    case .sequence(let nodes): return .array(nodes.map(json))
    case .mapping(let entries): return .object(JSONObject(entries.map { .init($0.name, json($0.value)) }))
    case .scalar(let scalar):
      switch scalar.core {
      case .null: return .null
      case .boolean(let value): return .bool(value)
      case .integer(let value): return .int(Int64(value))
      case .number(let value): return .double(value)
      case .text(let text): return .string(text)
      }
    }
  }
}
