import JSON
import TestSupport

/// Writes random JSON texts, valid ones in every spelling that the grammar has, with the names of a test's paths among the others.
struct RandomJSON {
  var random: SeededGenerator
  let names = ["type", "session", "audio", "input", "format", "rate", "media", "payload", "list", "a", "n", "", "é", "typ", "types"]

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func document() -> [UInt8] {
    var text: [UInt8] = []
    space(&text)
    if chance(9, of: 10) { object(&text, depth: 0) } else { value(&text, depth: 0) }
    space(&text)
    return text
  }

  mutating func chance(_ part: Int, of whole: Int) -> Bool { Int.random(in: 0..<whole, using: &random) < part }

  private mutating func space(_ text: inout [UInt8]) {
    while chance(1, of: 6) { text.append([0x20, 0x0A, 0x0D, 0x09].randomElement(using: &random) ?? 0x20) }
  }

  private mutating func value(_ text: inout [UInt8], depth: Int) {
    switch Int.random(in: 0..<(depth < 6 ? 12 : 8), using: &random) {
    case 0: text += Array("null".utf8)
    case 1: text += Array("true".utf8)
    case 2: text += Array("false".utf8)
    case 3, 4: number(&text)
    case 5: write(audio(), &text)
    case 6, 7: write(words(), &text)
    case 8: array(&text, depth: depth + 1)
    default: object(&text, depth: depth + 1)
    }
  }

  private mutating func object(_ text: inout [UInt8], depth: Int) {
    text.append(UInt8(ascii: "{"))
    space(&text)
    let count = Int.random(in: 0..<7, using: &random)
    for index in 0..<count {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      space(&text)
      write(names.randomElement(using: &random) ?? "", &text)
      space(&text)
      text.append(UInt8(ascii: ":"))
      space(&text)
      value(&text, depth: depth)
      space(&text)
    }
    text.append(UInt8(ascii: "}"))
  }

  private mutating func array(_ text: inout [UInt8], depth: Int) {
    text.append(UInt8(ascii: "["))
    space(&text)
    let count = Int.random(in: 0..<5, using: &random)
    for index in 0..<count {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      space(&text)
      value(&text, depth: depth)
      space(&text)
    }
    text.append(UInt8(ascii: "]"))
  }

  private mutating func number(_ text: inout [UInt8]) {
    func digits(_ range: ClosedRange<Int>) -> String {
      (0..<Int.random(in: range, using: &random)).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
    }
    var number = chance(1, of: 3) ? "-" : ""
    number += chance(1, of: 4) ? "0" : String(Int.random(in: 1...9, using: &random)) + digits(0...8)
    if chance(1, of: 3) { number += "." + digits(1...6) }
    if chance(1, of: 4) {
      number += ["e", "E", "e+", "E-"].randomElement(using: &random) ?? "e"
      number += digits(1...2)
    }
    text += Array(number.utf8)
  }

  /// Base64, mostly well-formed.
  mutating func audio() -> String {
    var text = Base64.encode(random.bytes(Int.random(in: 0...200, using: &random)))
    if chance(1, of: 5) { text.removeLast(min(text.count, Int.random(in: 1...4, using: &random))) }
    if chance(1, of: 8) { text += ["=", "A", "-", "é", " ", "A==="].randomElement(using: &random) ?? "=" }
    return text
  }

  private mutating func words() -> String {
    let pool = [
      "session.update", "a", "/", "\"", "\\", "\n", "\u{1}", "é", "語", "🎤", "type", "  ", "\u{7F}", String(repeating: "long ", count: 20),
    ]
    return (0..<Int.random(in: 0...5, using: &random)).map { _ in pool.randomElement(using: &random) ?? "" }.joined()
  }

  /// A string in one of its many spellings.
  private mutating func write(_ string: String, _ text: inout [UInt8]) {
    let short: [UInt32: String] = [
      0x22: "\\\"", 0x5C: "\\\\", 0x2F: "\\/", 0x08: "\\b", 0x0C: "\\f", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t",
    ]
    let escapes = chance(1, of: 2) ? 0 : Int.random(in: 1...10, using: &random)
    text.append(UInt8(ascii: "\""))
    for scalar in string.unicodeScalars {
      let mustEscape = scalar.value < 0x20 || scalar.value == 0x22 || scalar.value == 0x5C
      if mustEscape || chance(escapes, of: 40) {
        if let letters = short[scalar.value], chance(1, of: 2) {
          text += Array(letters.utf8)
        } else {
          for unit in String(scalar).utf16 {
            let hex = String(unit, radix: 16, uppercase: chance(1, of: 2))
            text += Array(("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8)
          }
        }
      } else {
        text += Array(String(scalar).utf8)
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  /// The text with a byte or a stretch of it changed.
  mutating func mutated(_ text: [UInt8]) -> [UInt8] {
    var text = text
    let pool =
      Array("{}[]\",:\\u0189aefnrt-+. \n\t\u{0}\u{1F}".utf8) + [0x7F, 0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xA0, 0xF0, 0xF4, 0xF5, 0xFF]
    for _ in 0...Int.random(in: 0...1, using: &random) {
      guard !text.isEmpty else { return text }
      let at = Int.random(in: 0..<text.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: text[at] = pool.randomElement(using: &random) ?? 0
      case 1: text.insert(pool.randomElement(using: &random) ?? 0, at: at)
      case 2: text.remove(at: at)
      case 3: text.removeLast(text.count - at)
      case 4: text.insert(contentsOf: text[at..<min(text.count, at + 6)], at: at)
      default: text[at] = UInt8.random(in: .min ... .max, using: &random)
      }
    }
    return text
  }
}
