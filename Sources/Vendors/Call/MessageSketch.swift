import JSON

/// A message put together from what is known of it: the values that a match demands, and values at paths.
struct MessageSketch: Sendable, Equatable {
  private(set) var value: JSONValue

  /// The least message that `match` takes, as far as equalities and their like tell.
  init(_ match: MessageMatch) {
    value = .object([:])
    for condition in match.conditions {
      switch condition.test {
      case .equals(let wanted): put(wanted, at: condition.path)
      case .oneOf(let values): if let first = values.first { put(first, at: condition.path) }
      case .prefix(let prefix): put(.string(prefix), at: condition.path)
      case .exists(true): put(.bool(true), at: condition.path)
      case .nonZero: put(1, at: condition.path)
      case .exists(false), .not: break
      }
    }
  }

  init(_ value: JSONValue) { self.value = value }

  /// Puts a value where the path leads, making the objects and arrays on the way. `[*]` is the first element.
  mutating func put(_ new: JSONValue, at path: JSONPath) {
    Self.put(new, path.steps[...], into: &value)
  }

  /// Puts the parts of a declaration at the paths that places name.
  mutating func declare(_ fixed: FormatRules.Fixed, at places: FormatRules.Places) {
    func put(_ new: JSONValue?, at text: String?) {
      guard let new, let path = text.flatMap({ JSONPath($0) }) else { return }
      self.put(new, at: path)
    }
    put(fixed.encoding.map { .string($0) }, at: places.encoding)
    put(fixed.rate.map { rate($0, at: places.rate) }, at: places.rate)
    put(fixed.channels.map { .int(Int64($0)) }, at: places.channels)
  }

  /// A number, or where a media type stands, that with its `rate` changed.
  private func rate(_ rate: Int, at text: String?) -> JSONValue {
    guard let type = text.flatMap({ JSONPath($0) })?.first(in: value)?.stringValue, let mark = type.firstRange(of: "rate=") else {
      return .int(Int64(rate))
    }
    return .string("\(type[..<mark.upperBound])\(rate)")
  }

  private static func put(_ new: JSONValue, _ steps: ArraySlice<JSONPath.Step>, into target: inout JSONValue) {
    guard let first = steps.first else {
      target = new
      return
    }
    switch first {
    case .member(let name):
      var inner = target[name] ?? .null
      put(new, steps.dropFirst(), into: &inner)
      target[name] = inner
    case .element, .every:
      var index = 0
      if case .element(let number) = first { index = min(number, 255) }
      var list = target.arrayValue ?? []
      while list.count <= index { list.append(.null) }
      put(new, steps.dropFirst(), into: &list[index])
      target = .array(list)
    }
  }
}
