extension JSONValue {
  /// Parses exactly one value, with nothing but white space around it.
  /// - Parameters:
  ///   - maxDepth: levels of arrays and objects; parsing recurses, so this also bounds the stack.
  ///   - maxBytes: length of the whole text.
  ///   - allowDuplicates: keep members of one name side by side instead of refusing them.
  public static func parse(
    _ bytes: [UInt8], maxDepth: Int = 64, maxBytes: Int = 16 << 20, allowDuplicates: Bool = false
  ) throws(JSONError) -> JSONValue {
    guard bytes.count <= maxBytes else { throw JSONError(.tooLarge(limit: maxBytes), at: maxBytes, in: bytes) }
    var parser = JSONParser(bytes: bytes, maxDepth: maxDepth, allowDuplicates: allowDuplicates)
    return try parser.document()
  }

  public static func parse(
    _ bytes: some Collection<UInt8>, maxDepth: Int = 64, maxBytes: Int = 16 << 20, allowDuplicates: Bool = false
  ) throws(JSONError) -> JSONValue {
    try parse(Array(bytes), maxDepth: maxDepth, maxBytes: maxBytes, allowDuplicates: allowDuplicates)
  }

  public static func parse(
    _ text: String, maxDepth: Int = 64, maxBytes: Int = 16 << 20, allowDuplicates: Bool = false
  ) throws(JSONError) -> JSONValue {
    try parse(Array(text.utf8), maxDepth: maxDepth, maxBytes: maxBytes, allowDuplicates: allowDuplicates)
  }
}

/// A recursive descent over the grammar of RFC 8259, which it accepts exactly.
struct JSONParser {
  let bytes: [UInt8]
  let maxDepth: Int
  let allowDuplicates: Bool
  private var index = 0

  init(bytes: [UInt8], maxDepth: Int, allowDuplicates: Bool) {
    self.bytes = bytes
    self.maxDepth = maxDepth
    self.allowDuplicates = allowDuplicates
  }

  mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw error(.byteOrderMark, at: 0) }
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw error(.trailingContent, at: index) }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard let first = peek else { throw unexpected("a value") }
    switch first {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    let start = index
    try enter(depth)
    var object = JSONObject()
    if !accept("}") {
      repeat {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else { throw unexpected(object.isEmpty ? "a member name or '}'" : "a member name") }
        let name = try string()
        skipSpace()
        guard accept(":") else { throw unexpected("':'") }
        skipSpace()
        object.members.append(.init(name, try value(depth: depth)))
        skipSpace()
      } while accept(",")
      guard accept("}") else { throw unexpected("',' or '}'") }
    }
    if !allowDuplicates, let name = object.duplicate { throw error(.duplicateMember(name), at: start) }
    return .object(object)
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    try enter(depth)
    if accept("]") { return .array([]) }
    var elements: [JSONValue] = []
    repeat {
      skipSpace()
      elements.append(try value(depth: depth))
      skipSpace()
    } while accept(",")
    guard accept("]") else { throw unexpected("',' or ']'") }
    return .array(elements)
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= maxDepth else { throw error(.tooDeep(limit: maxDepth), at: index) }
    index += 1
    skipSpace()
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let letters = "\(text)".utf8
    for letter in letters {
      guard peek == letter else { throw unexpected("\(text)") }
      index += 1
    }
    return value
  }

  // MARK: strings

  private mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { index += 1 }
    if peek == UInt8(ascii: "\"") {
      defer { index += 1 }
      return try text(bytes[start..<index], at: start)
    }
    var unescaped = Array(bytes[start..<index])
    while true {
      guard let byte = peek else { throw unexpected("the end of a string") }
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return try text(unescaped[...], at: start)
      case UInt8(ascii: "\\"): try escape(into: &unescaped)
      case 0..<0x20: throw error(.controlCharacter(byte), at: index)
      default:
        unescaped.append(byte)
        index += 1
      }
    }
  }

  private func text(_ slice: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw error(.invalidUTF8, at: start) }
    return text
  }

  private mutating func escape(into unescaped: inout [UInt8]) throws(JSONError) {
    let start = index
    index += 1
    guard let letter = peek else { throw unexpected("an escape") }
    index += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(letter)
    case UInt8(ascii: "b"): unescaped.append(0x08)
    case UInt8(ascii: "f"): unescaped.append(0x0C)
    case UInt8(ascii: "n"): unescaped.append(0x0A)
    case UInt8(ascii: "r"): unescaped.append(0x0D)
    case UInt8(ascii: "t"): unescaped.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal(start)
      if (0xD800..<0xDC00).contains(code), peek == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "u") {
        index += 2
        let low = try hexadecimal(start)
        guard (0xDC00..<0xE000).contains(low) else { throw error(.loneSurrogate, at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = UnicodeScalar(code) else { throw error(.loneSurrogate, at: start) }
      unescaped.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
    default: throw error(.invalidEscape, at: start)
    }
  }

  private mutating func hexadecimal(_ start: Int) throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek else { throw unexpected("four hexadecimal digits") }
      guard byte < 0x80, let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw error(.invalidEscape, at: start) }
      code = code << 4 | UInt32(digit)
      index += 1
    }
    return code
  }

  // MARK: numbers

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = index
    var isInteger = true
    let isNegative = accept("-")
    if accept("0") {
      if isDigit { throw error(.invalidNumber(expected: "no leading zero"), at: start) }
    } else {
      try digits("a digit")
    }
    if accept(".") {
      isInteger = false
      try digits("a digit after '.'")
    }
    if accept("e") || accept("E") {
      isInteger = false
      if !accept("+") { _ = accept("-") }
      try digits("a digit in the exponent")
    }
    let literal = String(decoding: bytes[start..<index], as: UTF8.self)
    // A negative zero exists only as a double.
    if isInteger, let value = Int64(literal), value != 0 || !isNegative { return .int(value) }
    guard let value = Double(literal), value.isFinite else { throw error(.numberOutOfRange, at: start) }
    return .double(value)
  }

  private mutating func digits(_ expected: String) throws(JSONError) {
    guard isDigit else { throw error(.invalidNumber(expected: expected), at: index) }
    while isDigit { index += 1 }
  }

  private var isDigit: Bool { peek.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }

  // MARK: bytes

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private func unexpected(_ expected: String) -> JSONError {
    guard let byte = peek else { return error(.unexpectedEnd(expected: expected), at: index) }
    return error(.unexpected(byte: byte, expected: expected), at: index)
  }

  private func error(_ kind: JSONError.Kind, at offset: Int) -> JSONError { JSONError(kind, at: offset, in: bytes) }
}
