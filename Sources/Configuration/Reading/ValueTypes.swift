import YAML

extension ValueType where Value == String {
  /// Any text that is not empty. A number needs no quotes to be text: `version: 2` and `version: "2"` say the same here.
  public static var text: ValueType { text() }

  /// - Parameter pattern: For the schema only; check it with `checked`.
  public static func text(pattern: String? = nil) -> ValueType {
    scalar("text", expected: "text", shape: .text(pattern: pattern), write: { YAMLText.flow($0) }) { $0.text.isEmpty ? nil : $0.text }
  }

  /// Text that may be empty, if quoted.
  public static var anyText: ValueType {
    ValueType("text", shape: .text(pattern: nil), write: { YAMLText.flow($0) }) { node, place, _, reader in
      if let scalar = node.scalar, !scalar.isNull { return scalar.text }
      reader.mismatch(node, at: place, expected: "text")
      return nil
    }
  }
}

extension ValueType where Value == Bool {
  public static var boolean: ValueType {
    scalar("true or false", expected: "true or false", shape: .boolean, write: { "\($0)" }) { $0.boolean }
  }
}

extension ValueType where Value == Int {
  public static var integer: ValueType {
    scalar("integer", expected: "an integer", shape: .integer(nil), write: { "\($0)" }) { $0.integer }
  }

  public static func integer(_ range: ClosedRange<Int>) -> ValueType {
    let expected =
      switch (range.lowerBound, range.upperBound) {
      case (let only, range.lowerBound): "\(only)"
      case (let least, .max): "an integer of at least \(least)"
      case (let least, let most): "an integer between \(least) and \(most)"
      }
    return scalar("integer", expected: expected, shape: .integer(range), write: { "\($0)" }) { scalar in
      scalar.integer.flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension ValueType where Value == Double {
  public static func number(_ range: ClosedRange<Double>) -> ValueType {
    scalar("number", expected: "a number between \(range.lowerBound) and \(range.upperBound)", shape: .number, write: { "\($0)" }) {
      scalar in
      scalar.number.flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension ValueType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases' raw values.
  public static var choice: ValueType {
    let words = Value.allCases.map(\.rawValue)
    return ValueType(
      words.map { "`\($0)`" }.joined(separator: ", "), shape: .choice(words), write: { $0.rawValue }
    ) { node, place, _, reader in
      if let text = node.text, let value = Value(rawValue: text) { return value }
      let suggestion = node.text.flatMap { Suggestion.nearest(to: $0, among: words) }
      reader.mismatch(node, at: place, expected: Quote.alternatives(words), suggestion: suggestion)
      return nil
    }
  }
}

extension ValueType {
  /// A list. Where one item is all there is, it may stand without brackets.
  ///
  /// - Parameters:
  ///   - noun: What messages call an item: `listener` makes `listener 2`.
  ///   - single: Whether a scalar stands for a list of one.
  public static func list<Item: Sendable>(
    of item: ValueType<Item>, noun: String? = nil, atLeast least: Int = 0, single: Bool = false
  ) -> ValueType where Value == [Item] {
    let list = Shape.list(item.shape, atLeast: least)
    return ValueType(
      "list of \(item.name)", shape: single ? .any([item.shape, list]) : list,
      write: { items in
        let texts = items.compactMap(item.write)
        return texts.count == items.count ? "[\(texts.joined(separator: ", "))]" : nil
      }
    ) { node, place, _, reader in
      if single, let scalar = node.scalar, !scalar.isNull { return item.read(node, place, nil, &reader).map { [$0] } }
      guard let nodes = node.sequence else {
        reader.mismatch(node, at: place, expected: "a list")
        return nil
      }
      if nodes.count < least {
        reader.error("\(place.phrase) needs at least \(least == 1 ? "one item" : "\(least) items")", at: node.start)
      }
      return nodes.enumerated().compactMap { index, node in item.read(node, place.item(index + 1, noun: noun), nil, &reader) }
    }
  }

  /// A mapping from names of the user's choosing to values.
  ///
  /// - Parameter noun: What messages call an entry: `tier` makes `tier 'gold'`.
  public static func map<Item: Sendable>(
    of item: ValueType<Item>, noun: String? = nil, keyPattern: String? = nil
  ) -> ValueType where Value == [String: Item] {
    ValueType(
      "mapping of name to \(item.name)", shape: .map(item.shape, keyPattern: keyPattern),
      write: { map in
        let texts = map.sorted { $0.key < $1.key }.compactMap { key, value in item.write(value).map { "\(YAMLText.flow(key)): \($0)" } }
        return texts.count == map.count ? "{\(texts.joined(separator: ", "))}" : nil
      }
    ) { node, place, _, reader in
      guard let entries = node.mapping else {
        reader.mismatch(node, at: place, expected: "a mapping")
        return nil
      }
      var map: [String: Item] = [:]
      for entry in entries {
        map[entry.name] = item.read(entry.value, place.entry(entry.name, noun: noun), nil, &reader)
      }
      return map
    }
  }

  /// Either `off`, or what the type says.
  public static func off<Wrapped: Sendable>(or type: ValueType<Wrapped>) -> ValueType where Value == Switched<Wrapped> {
    ValueType(
      "\(type.name) or `off`", shape: .any([.choice(["off"]), type.shape]), write: { $0.value.map(type.write) ?? "off" }
    ) { node, place, current, reader in
      node.text == "off" ? .off : type.read(node, place, current?.value, &reader).map { .on($0) }
    }
  }
}

extension ValueType where Value: Section {
  /// A mapping with known keys. What is not given keeps the value it had.
  public static var section: ValueType { section() }

  /// - Parameter defaults: What the reference page shows as defaults.
  public static func section(defaults: Value = Value()) -> ValueType {
    ValueType(
      Value.section.name, shape: .section(name: Value.section.name) { Value.section.shape(defaults: defaults) }
    ) { node, place, current, reader in
      reader.read(Value.self, from: node, at: place, base: current ?? Value())
    }
  }
}

extension ValueType where Value == Node {
  /// The node itself, for another reader.
  public static var node: ValueType {
    ValueType("any", shape: .anything) { node, _, _, _ in node }
  }
}

/// A value that can be turned off.
public enum Switched<Value: Sendable>: Sendable {
  case off
  case on(Value)

  /// Nil when off.
  public var value: Value? {
    if case .on(let value) = self { value } else { nil }
  }
}

extension Switched: Equatable where Value: Equatable {}
extension Switched: Hashable where Value: Hashable {}
