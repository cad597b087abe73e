import JSON

/// A `MessageMatch` that is told from what a scanner kept of a message. Its parts are plain numbers, so that telling counts no references.
struct ScannedMatch: Sendable {
  private enum Test: UInt8 {
    case equals, differs, isOneOf, exists, doesNotExist, isNonZero, hasPrefix
  }

  private struct Condition {
    var slot: Int
    var test: Test
    /// Of the scalars that the value is compared with.
    var firstScalar: Int
    var scalarCount: Int
  }

  /// A value to compare with.
  private struct Scalar {
    var kind: JSONScanner.Kind
    var number = 0.0
    var textStart = 0
    var textCount = 0
  }

  private var conditions: [Condition] = []
  private var scalars: [Scalar] = []
  private var texts: [UInt8] = []

  /// Bytes that a scanner has to keep of a value, to tell it from all that are asked for.
  static func valueLimit(of match: MessageMatch) -> Int {
    match.conditions.flatMap { condition -> [JSONValue] in
      switch condition.test {
      case .equals(let value), .not(let value): [value]
      case .oneOf(let values): values
      case .prefix(let text): [.string(text)]
      case .exists, .nonZero: []
      }
    }.compactMap { $0.stringValue?.utf8.count }.max() ?? 0
  }

  init(_ match: MessageMatch, in paths: JSONPathSet) throws(InspectionError) {
    for condition in match.conditions {
      let path = condition.path
      guard let slot = paths.slots[path] else { throw InspectionError("'\(path.text)' is not watched") }
      let first = scalars.count
      let test: Test
      switch condition.test {
      case .equals(let value):
        test = .equals
        try add(value, path)
      case .not(let value):
        test = .differs
        try add(value, path)
      case .oneOf(let values):
        test = .isOneOf
        for value in values { try add(value, path) }
      case .exists(let wanted): test = wanted ? .exists : .doesNotExist
      case .nonZero: test = .isNonZero
      case .prefix(let text):
        test = .hasPrefix
        try add(.string(text), path)
      }
      guard paths.nodes[slot].base64 < 0 || test == .exists || test == .doesNotExist else {
        throw InspectionError("'\(path.text)' holds audio; expected no test of it but 'exists'")
      }
      conditions.append(Condition(slot: slot, test: test, firstScalar: first, scalarCount: scalars.count - first))
    }
  }

  private mutating func add(_ value: JSONValue, _ path: JSONPath) throws(InspectionError) {
    switch value {
    case .null: scalars.append(Scalar(kind: .null))
    case .bool(let flag): scalars.append(Scalar(kind: flag ? .true : .false))
    case .int(let number): scalars.append(Scalar(kind: .number, number: Double(number)))
    case .double(let number): scalars.append(Scalar(kind: .number, number: number))
    case .string(let text):
      scalars.append(Scalar(kind: .string, textStart: texts.count, textCount: text.utf8.count))
      texts += Array(text.utf8)
    case .array, .object: throw InspectionError("'\(path.text)' is compared with an array or object; expected one value")
    }
  }

  /// Whether a message says anything of what this match asks for.
  func isTouched(by scanner: borrowing JSONScanner) -> Bool {
    for index in conditions.indices where scanner.kind(conditions[index].slot) != .absent { return true }
    return false
  }

  func holds(in scanner: borrowing JSONScanner) -> Bool {
    for index in conditions.indices {
      let condition = conditions[index]
      let kind = scanner.kind(condition.slot)
      let holds =
        switch condition.test {
        // What is not there equals null.
        case .equals: matches(condition, kind == .absent ? .null : kind, scanner)
        case .differs: !matches(condition, kind == .absent ? .null : kind, scanner)
        case .isOneOf: matches(condition, kind, scanner)
        case .exists: kind != .absent && kind != .null
        case .doesNotExist: kind == .absent || kind == .null
        case .isNonZero: scanner.number(condition.slot).map { $0 != 0 } ?? false
        case .hasPrefix: kind == .string && begins(condition.slot, scalars[condition.firstScalar], scanner)
        }
      if !holds { return false }
    }
    return true
  }

  private func matches(_ condition: Condition, _ kind: JSONScanner.Kind, _ scanner: borrowing JSONScanner) -> Bool {
    for index in condition.firstScalar..<(condition.firstScalar + condition.scalarCount) {
      let scalar = scalars[index]
      guard scalar.kind == kind else { continue }
      switch kind {
      case .number: if scanner.number(condition.slot) == scalar.number { return true }
      case .string:
        let isWhole = scanner.count(condition.slot) == scalar.textCount && !scanner.isTruncated(condition.slot)
        if isWhole, begins(condition.slot, scalar, scanner) { return true }
      default: return true
      }
    }
    return false
  }

  private func begins(_ slot: Int, _ scalar: Scalar, _ scanner: borrowing JSONScanner) -> Bool {
    guard scanner.count(slot) >= scalar.textCount else { return false }
    for offset in 0..<scalar.textCount where texts[scalar.textStart + offset] != scanner.byte(offset, of: slot) { return false }
    return true
  }
}

extension JSONScanner {
  /// The scalar at a path; nil where there is none, or not all of it was kept.
  func value(_ slot: Int) -> JSONValue? {
    switch kind(slot) {
    case .null: .null
    case .false: .bool(false)
    case .true: .bool(true)
    case .number: isTruncated(slot) ? nil : try? JSONValue.parse(bytes(slot))
    case .string: isTruncated(slot) ? nil : .string(String(decoding: bytes(slot), as: UTF8.self))
    case .absent, .array, .object: nil
    }
  }

  /// A message with nothing but the values that are kept, for those who read values. Parents come before what is in them.
  func sketch() -> JSONValue {
    var sketch = MessageSketch(.object([:]))
    for (path, slot) in paths.slots.sorted(by: { $0.value < $1.value }) {
      switch kind(slot) {
      case .absent: break
      case .object: sketch.put(.object([:]), at: path)
      case .array: sketch.put(.array([]), at: path)
      // Its text is not kept, but it is there.
      case .string where paths.nodes[slot].base64 >= 0: sketch.put("", at: path)
      case .null: sketch.put(.null, at: path)
      case .false: sketch.put(false, at: path)
      case .true: sketch.put(true, at: path)
      case .number: if let number = try? JSONValue.parse(bytes(slot)), !isTruncated(slot) { sketch.put(number, at: path) }
      case .string: sketch.put(.string(String(decoding: bytes(slot), as: UTF8.self)), at: path)
      }
    }
    return sketch.value
  }
}
