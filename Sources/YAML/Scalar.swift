/// One word or text of a YAML document, with what its writing says about its type: `8080` is a number, `"8080"` is text.
public struct Scalar: Hashable, Sendable {
  /// How the scalar was written. Only a plain one can be anything but text (YAML 1.2, 10.3.2).
  public enum Style: Hashable, Sendable {
    case plain
    /// Single or double quotes, a literal `|` or folded `>` block, or a `!!str` tag.
    case quoted
  }

  public var text: String
  public var style: Style

  public init(_ text: String, style: Style = .plain) {
    self.text = text
    self.style = style
  }

  /// What a scalar is under the core schema of YAML 1.2 (section 10.3): `yes`, `no`, `on` and `off` are text.
  public enum Core: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
  }

  /// The scalar under the core schema. An integer beyond `Int` becomes a number.
  public var core: Core {
    guard style == .plain else { return .text(text) }
    if let special = Self.words[text] { return special }
    if let integer = Self.integer(text) { return .integer(integer) }
    if let number = Self.number(text) { return .number(number) }
    return .text(text)
  }

  /// Whether nothing was written, or a plain `null` or `~`.
  public var isNull: Bool { core == .null }

  /// The value of a plain `true` or `false`.
  public var boolean: Bool? {
    if case .boolean(let value) = core { value } else { nil }
  }

  /// The value of a plain integer: decimal, `0o17` or `0x1F`.
  public var integer: Int? {
    if case .integer(let value) = core { value } else { nil }
  }

  /// The value of a plain integer or decimal number, `.inf` and `.nan` among them.
  public var number: Double? {
    switch core {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  private static let words: [String: Core] = [
    "": .null, "~": .null, "null": .null, "Null": .null, "NULL": .null,
    "true": .boolean(true), "True": .boolean(true), "TRUE": .boolean(true),
    "false": .boolean(false), "False": .boolean(false), "FALSE": .boolean(false),
    ".nan": .number(.nan), ".NaN": .number(.nan), ".NAN": .number(.nan),
    ".inf": .number(.infinity), ".Inf": .number(.infinity), ".INF": .number(.infinity),
    "+.inf": .number(.infinity), "+.Inf": .number(.infinity), "+.INF": .number(.infinity),
    "-.inf": .number(-.infinity), "-.Inf": .number(-.infinity), "-.INF": .number(-.infinity),
  ]

  private static func integer(_ text: String) -> Int? {
    if text.hasPrefix("0x") { return hasOnlyDigits(text.utf8.dropFirst(2)) ? Int(text.dropFirst(2), radix: 16) : nil }
    if text.hasPrefix("0o") { return hasOnlyDigits(text.utf8.dropFirst(2)) ? Int(text.dropFirst(2), radix: 8) : nil }
    return Int(text)
  }

  /// `Int(_:radix:)` alone would take a sign after the prefix.
  private static func hasOnlyDigits(_ text: Substring.UTF8View) -> Bool {
    text.first.map { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") } ?? false
  }

  /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`; `Double(_:)` alone would also take `nan`, `inf` and hexadecimal.
  private static func number(_ text: String) -> Double? {
    guard let first = text.utf8.first, first != UInt8(ascii: "e"), first != UInt8(ascii: "E"),
      text.utf8.contains(where: isDigit),
      text.utf8.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) })
    else { return nil }
    return Double(text.hasSuffix(".") ? text + "0" : text)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
