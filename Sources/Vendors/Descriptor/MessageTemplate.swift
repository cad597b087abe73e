import JSON

/// A message with `{name}` places: JSON, or plain text for vendors that want a word or a blank.
public struct MessageTemplate: Sendable, Equatable {
  public enum Content: Sendable, Equatable {
    case json(JSONValue)
    case text(TextTemplate)
  }

  public var content: Content

  public init(_ content: Content) { self.content = content }

  /// Every name in the order of appearance.
  public var variables: [String] {
    switch content {
    case .json(let value): Self.variables(in: value)
    case .text(let text): text.variables
    }
  }

  /// The message's text. A string that is nothing but one place takes its value's own type; inside other text values are written out, and
  /// missing ones are nothing. A missing value alone is `null`.
  public func rendered(_ value: (String) -> JSONValue?) -> String {
    switch content {
    case .json(let json): Self.render(json, value).text()
    case .text(let text): Self.render(text, value)
    }
  }

  /// The text as it is without any places: what a gateway sends on its own, such as a keepalive.
  public var fixedText: String? { variables.isEmpty ? rendered { _ in nil } : nil }

  static func render(_ json: JSONValue, _ value: (String) -> JSONValue?) -> JSONValue {
    switch json {
    case .string(let text):
      guard text.utf8.contains(UInt8(ascii: "{")) else { return json }
      let template = TextTemplate(text)
      if let name = template.onlyVariable { return value(name) ?? .null }
      return .string(render(template, value))
    case .array(let elements): return .array(elements.map { render($0, value) })
    case .object(let object):
      return .object(
        JSONObject(
          object.members.map { member in
            JSONObject.Member(render(TextTemplate(member.name), value), render(member.value, value))
          }))
    default: return json
    }
  }

  static func render(_ template: TextTemplate, _ value: (String) -> JSONValue?) -> String {
    template.expanded { name in
      guard let value = value(name), !value.isNull else { return "" }
      return value.stringValue ?? value.text()
    }
  }

  private static func variables(in json: JSONValue) -> [String] {
    switch json {
    case .string(let text): TextTemplate(text).variables
    case .array(let elements): elements.flatMap(variables)
    case .object(let object): object.members.flatMap { TextTemplate($0.name).variables + variables(in: $0.value) }
    default: []
    }
  }
}
