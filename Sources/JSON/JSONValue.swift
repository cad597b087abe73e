/// One JSON value (RFC 8259).
///
/// Why not `JSONDecoder`: tokens need duplicate members refused, which it lets pass in favour of one of them; translated events must keep
/// the order of their members, which its dictionaries lose; and both need a depth limit. What crosses here is small and on the control
/// path; the relay looks into messages without building values.
///
/// Equality is that of the written form: members in another order make another value, and `.int(1)` is not `.double(1)`.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits.
  case int(Int64)
  /// Any other number, always finite when it was parsed.
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

// MARK: - looking

extension JSONValue {
  public var isNull: Bool { self == .null }

  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }

  public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// An integer, also one written as `1.0` or `1e3`.
  public var intValue: Int64? {
    switch self {
    case .int(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// Any number; an integer above 2^53 is rounded.
  public var doubleValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// A member of an object; nil when there is none or this is no object. Setting nil removes the member; setting on anything but an object
  /// makes it one.
  public subscript(name: String) -> JSONValue? {
    get { objectValue?[name] }
    set {
      var object = objectValue ?? JSONObject()
      object[name] = newValue
      self = .object(object)
    }
  }

  /// An element of an array; nil outside of its bounds or when this is no array.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// What a dotted path leads to, such as `session.audio.input` or `choices.0.text`; a number is an index when it meets an array.
  public func at(_ path: String) -> JSONValue? {
    var value = self
    for step in path.split(separator: ".", omittingEmptySubsequences: false) {
      let next = if case .array = value, let index = Int(step) { value[index] } else { value[String(step)] }
      guard let next else { return nil }
      value = next
    }
    return value
  }

  /// Puts a value at a dotted path of member names, making the objects on the way.
  public mutating func set(_ value: JSONValue, at path: String) {
    set(value, along: path.split(separator: ".", omittingEmptySubsequences: false)[...])
  }

  private mutating func set(_ value: JSONValue, along steps: ArraySlice<Substring>) {
    guard let first = steps.first else {
      self = value
      return
    }
    var inner = self[String(first)] ?? .object([:])
    inner.set(value, along: steps.dropFirst())
    self[String(first)] = inner
  }
}

// MARK: - literals

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements.map { .init($0.0, $0.1) })) }
}
