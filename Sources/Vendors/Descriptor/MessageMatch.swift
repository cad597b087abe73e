import JSON

/// Tells messages apart by what stands in them: every condition has to hold.
public struct MessageMatch: Sendable, Equatable {
  public enum Test: Sendable, Equatable {
    case equals(JSONValue)
    case not(JSONValue)
    /// `true`: there is a value and it isn't null; `false`: there is none, or null.
    case exists(Bool)
    case nonZero
    case prefix(String)
    case oneOf([JSONValue])
  }

  public struct Condition: Sendable, Equatable {
    public var path: JSONPath
    public var test: Test
  }

  public var conditions: [Condition]

  public init(conditions: [Condition] = []) { self.conditions = conditions }

  /// Matches messages whose member at `path` is `value`.
  public init?(_ path: String, equals value: JSONValue) {
    guard let path = JSONPath(path) else { return nil }
    conditions = [Condition(path: path, test: .equals(value))]
  }

  public func matches(_ message: JSONValue) -> Bool {
    conditions.allSatisfy { condition in
      let value = condition.path.first(in: message)
      switch condition.test {
      case .equals(let wanted): return value.map { Self.same($0, wanted) } ?? wanted.isNull
      case .not(let unwanted): return !(value.map { Self.same($0, unwanted) } ?? unwanted.isNull)
      case .exists(let wanted): return (value.map { !$0.isNull } ?? false) == wanted
      case .nonZero: return value?.doubleValue.map { $0 != 0 } ?? false
      case .prefix(let prefix): return value?.stringValue?.hasPrefix(prefix) ?? false
      case .oneOf(let values): return values.contains { wanted in value.map { Self.same($0, wanted) } ?? false }
      }
    }
  }

  /// `1` and `1.0` are the same number here.
  private static func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if let a = left.doubleValue, let b = right.doubleValue { return a == b }
    return left == right
  }

  /// The message that this match describes, as far as equalities tell: for explanations.
  public var summary: String {
    conditions.map { condition in
      switch condition.test {
      case .equals(let value): "\(condition.path.text) = \(value.stringValue ?? value.text())"
      case .not(let value): "\(condition.path.text) is not \(value.stringValue ?? value.text())"
      case .exists(let wanted): wanted ? "\(condition.path.text) is there" : "\(condition.path.text) is not there"
      case .nonZero: "\(condition.path.text) is not 0"
      case .prefix(let prefix): "\(condition.path.text) begins with \(prefix)"
      case .oneOf(let values): "\(condition.path.text) is one of \(values.map { $0.stringValue ?? $0.text() }.joined(separator: ", "))"
      }
    }.joined(separator: " and ")
  }
}
