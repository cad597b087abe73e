import TestSupport
import Testing
@testable import JSON

@Suite struct JSONWriterTests {
  static let table: [(JSONValue, String)] = [
    (nil, "null"), (true, "true"), (false, "false"), (0, "0"), (-7, "-7"), (.int(.min), "-9223372036854775808"),
    (1.0, "1.0"), (.double(-0.0), "-0.0"), (1e20, "1e+20"), (0.1, "0.1"), (.double(.infinity), "null"), (.double(.nan), "null"),
    ("", "\"\""), ("a\"\\/\n\r\t\u{8}\u{c}\0\u{1f}\u{7f}é😀", #""a\"\\/\n\r\t\u0008\u000c\u0000\u001f"# + "\u{7f}é😀\""),
    ([], "[]"), ([1, [2]], "[1,[2]]"), ([:], "{}"), (["z": 1, "a": ["b": nil]], #"{"z":1,"a":{"b":null}}"#), (["\"": 1], #"{"\"":1}"#),
  ]

  @Test(arguments: table)
  func writes(value: JSONValue, text: String) {
    #expect(value.text() == text)
    #expect("\(value)" == text)
    #expect(value.serialize() == Array(text.utf8))
  }

  @Test func sortsOnRequest() {
    let value: JSONValue = ["b": ["y": 1, "x": [["d": 1, "c": 2]]], "a": 1, "B": 2]
    #expect(value.text(sortedKeys: true) == #"{"B":2,"a":1,"b":{"x":[{"c":2,"d":1}],"y":1}}"#)
    #expect(value.text() == #"{"b":{"y":1,"x":[{"d":1,"c":2}]},"a":1,"B":2}"#)
  }

  @Test func randomValuesSurviveTheRoundTrip() throws {
    let seed: UInt64 = 0x5eed_0002
    var random = SeededGenerator(seed: seed)
    for round in 0..<2000 {
      let value = Self.value(&random, depth: 0)
      let text = value.serialize()
      #expect(try JSONValue.parse(text) == value, "seed \(seed) round \(round)")
      #expect(try JSONValue.parse(text).serialize() == text, "seed \(seed) round \(round)")
    }
  }

  private static func value(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
    switch random.next() % (depth < 4 ? 7 : 5) {
    case 0: return [nil, true, false].randomElement(using: &random) ?? nil
    case 1: return .int(Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
    case 2:
      let number = Double(bitPattern: random.next())
      return .double(number.isFinite ? number : 0.5)
    case 3, 4: return .string(text(&random))
    case 5: return .array((0..<(random.next() % 5)).map { _ in value(&random, depth: depth + 1) })
    default:
      var object = JSONObject()
      for _ in 0..<(random.next() % 5) { object[text(&random)] = value(&random, depth: depth + 1) }
      return .object(object)
    }
  }

  private static func text(_ random: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<(random.next() % 8) {
      let limit: UInt64 = [0x30, 0x80, 0x800, 0x11_0000].randomElement(using: &random) ?? 0x80
      if let scalar = UnicodeScalar(UInt32(random.next() % limit)) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
