import TestSupport
import Testing
@testable import JSON

/// The grammar of RFC 8259, by example; many of the refused ones are those on which parsers are known to differ.
@Suite struct JSONParserTests {
  static let accepted: [(String, JSONValue)] = [
    ("null", nil), (" true\n", true), ("\t\r\n false ", false),
    ("0", 0), ("-1", -1), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
    ("-0", .double(-0.0)), ("1.0", 1.0), ("1e3", 1000.0), ("1E+2", 100.0), ("25e-1", 2.5), ("0.1", 0.1), ("-0.0e-0", .double(-0.0)),
    ("9223372036854775808", 9_223_372_036_854_775_808.0), ("1e-400", 0.0), ("5e-324", .double(.leastNonzeroMagnitude)),
    ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)), ("0e1", 0.0),
    ("\"\"", ""), ("\"a\"", "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
    (#""\u0041\u00e9\u20ac\uD834\udd1e""#, "Aé€𝄞"), (#""\u0000""#, "\0"), (#""\uFFFF""#, "\u{FFFF}"),
    ("\"\u{7f}é😀\u{2028}\"", "\u{7f}é😀\u{2028}"),
    ("[]", []), ("[ ]", []), ("[1 , 2,3]", [1, 2, 3]), ("[[],[[]]]", [[], [[]]]),
    ("{}", [:]), ("{ }", [:]), (#"{"a":1,"b":{"c":[null]}}"#, ["a": 1, "b": ["c": [nil]]]), (#"{"":0}"#, ["": 0]),
    (#"{ "z" : 1 , "a" : 2 }"#, ["z": 1, "a": 2]), (#"{"a":1,"A":2}"#, ["a": 1, "A": 2]),
  ]

  @Test(arguments: accepted)
  func accepts(text: String, value: JSONValue) throws {
    #expect(try JSONValue.parse(text) == value)
  }

  @Test func negativeZeroKeepsItsSign() throws {
    #expect(try JSONValue.parse("-0").doubleValue?.sign == .minus)
  }

  static let refused: [(String, JSONError.Kind, Int)] = [
    ("", .unexpectedEnd(expected: "a value"), 0),
    ("  ", .unexpectedEnd(expected: "a value"), 2),
    ("\u{feff}1", .byteOrderMark, 0),
    ("1 2", .trailingContent, 2),
    ("{}}", .trailingContent, 2),
    ("nul", .unexpectedEnd(expected: "null"), 3),
    ("nulL", .unexpected(byte: 0x4c, expected: "null"), 3),
    ("True", .unexpected(byte: 0x54, expected: "a value"), 0),
    ("NaN", .unexpected(byte: 0x4e, expected: "a value"), 0),
    ("Infinity", .unexpected(byte: 0x49, expected: "a value"), 0),
    ("-Infinity", .invalidNumber(expected: "a digit"), 1),
    ("-", .invalidNumber(expected: "a digit"), 1),
    ("+1", .unexpected(byte: 0x2b, expected: "a value"), 0),
    ("01", .invalidNumber(expected: "no leading zero"), 0),
    ("-01", .invalidNumber(expected: "no leading zero"), 0),
    (".5", .unexpected(byte: 0x2e, expected: "a value"), 0),
    ("1.", .invalidNumber(expected: "a digit after '.'"), 2),
    ("1.e1", .invalidNumber(expected: "a digit after '.'"), 2),
    ("1e", .invalidNumber(expected: "a digit in the exponent"), 2),
    ("1e+", .invalidNumber(expected: "a digit in the exponent"), 3),
    ("1e+-1", .invalidNumber(expected: "a digit in the exponent"), 3),
    ("0x10", .trailingContent, 1),
    ("1_000", .trailingContent, 1),
    ("1e400", .numberOutOfRange, 0),
    ("-1e400", .numberOutOfRange, 0),
    (String(repeating: "9", count: 400), .numberOutOfRange, 0),
    ("'a'", .unexpected(byte: 0x27, expected: "a value"), 0),
    ("\"a", .unexpectedEnd(expected: "the end of a string"), 2),
    ("\"\\", .unexpectedEnd(expected: "an escape"), 2),
    ("\"a\nb\"", .controlCharacter(0x0a), 2),
    ("\"\t\"", .controlCharacter(0x09), 1),
    ("\"\0\"", .controlCharacter(0x00), 1),
    (#""\x41""#, .invalidEscape, 1),
    (#""\'""#, .invalidEscape, 1),
    (#""\U0041""#, .invalidEscape, 1),
    (#""\u004""#, .invalidEscape, 1),
    (#""\u00G0""#, .invalidEscape, 1),
    (#""\u+041""#, .invalidEscape, 1),
    (#""\u"#, .unexpectedEnd(expected: "four hexadecimal digits"), 3),
    (#""\ud800""#, .loneSurrogate, 1),
    (#""\udc00""#, .loneSurrogate, 1),
    (#""\udc00\ud800""#, .loneSurrogate, 1),
    (#""\ud800\ud800""#, .loneSurrogate, 1),
    (#""\ud800x""#, .loneSurrogate, 1),
    (#""\ud800\n""#, .loneSurrogate, 1),
    ("[1,]", .unexpected(byte: 0x5d, expected: "a value"), 3),
    ("[,1]", .unexpected(byte: 0x2c, expected: "a value"), 1),
    ("[1 2]", .unexpected(byte: 0x32, expected: "',' or ']'"), 3),
    ("[1", .unexpectedEnd(expected: "',' or ']'"), 2),
    ("[", .unexpectedEnd(expected: "a value"), 1),
    ("]", .unexpected(byte: 0x5d, expected: "a value"), 0),
    ("[1}", .unexpected(byte: 0x7d, expected: "',' or ']'"), 2),
    (#"{"a":1,}"#, .unexpected(byte: 0x7d, expected: "a member name"), 7),
    (#"{,}"#, .unexpected(byte: 0x2c, expected: "a member name or '}'"), 1),
    (#"{a:1}"#, .unexpected(byte: 0x61, expected: "a member name or '}'"), 1),
    (#"{1:1}"#, .unexpected(byte: 0x31, expected: "a member name or '}'"), 1),
    (#"{"a"}"#, .unexpected(byte: 0x7d, expected: "':'"), 4),
    (#"{"a" 1}"#, .unexpected(byte: 0x31, expected: "':'"), 5),
    (#"{"a":}"#, .unexpected(byte: 0x7d, expected: "a value"), 5),
    (#"{"a":1"#, .unexpectedEnd(expected: "',' or '}'"), 6),
    (#"{"a":1 "b":2}"#, .unexpected(byte: 0x22, expected: "',' or '}'"), 7),
    ("// c\n1", .unexpected(byte: 0x2f, expected: "a value"), 0),
    ("1 /* c */", .trailingContent, 2),
    ("\u{a0}1", .unexpected(byte: 0xc2, expected: "a value"), 0),
    ("\u{c}1", .unexpected(byte: 0x0c, expected: "a value"), 0),
    (#"{"a":1,"b":{"c":1,"d":2,"c":3}}"#, .duplicateMember("c"), 11),
    (#"{"a":1,"\u0061":2}"#, .duplicateMember("a"), 0),
  ]

  @Test(arguments: refused)
  func refuses(text: String, kind: JSONError.Kind, offset: Int) {
    let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse(text) }
    #expect(error?.kind == kind)
    #expect(error?.offset == offset)
  }

  /// Not UTF-8: a lone continuation, an overlong slash, a surrogate, a value beyond U+10FFFF, a cut sequence.
  @Test(arguments: [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]] as [[UInt8]])
  func refusesInvalidUTF8(bytes: [UInt8]) {
    for middle in [bytes, Array(#"\n"#.utf8) + bytes] {
      let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse([0x22] + middle + [0x22]) }
      #expect(error?.kind == .invalidUTF8)
    }
    #expect(throws: JSONError.self) { _ = try JSONValue.parse(bytes) }
  }

  @Test func depthIsLimited() throws {
    func nested(_ levels: Int) -> String { String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
    #expect(throws: Never.self) { _ = try JSONValue.parse(nested(64)) }
    for levels in [65, 100_000] {
      let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse(nested(levels)) }
      #expect(error?.kind == .tooDeep(limit: 64))
      #expect(error?.offset == 64)
    }
    let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse(#"{"a":[{}]}"#, maxDepth: 2) }
    #expect(error?.kind == .tooDeep(limit: 2))
    #expect(throws: Never.self) { _ = try JSONValue.parse("1", maxDepth: 0) }
  }

  @Test func sizeIsLimited() throws {
    #expect(try JSONValue.parse("[1,2]", maxBytes: 5) == [1, 2])
    let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse("[1,2] ", maxBytes: 5) }
    #expect(error?.kind == .tooLarge(limit: 5))
  }

  @Test func duplicatesAreKeptWhenAllowed() throws {
    let value = try JSONValue.parse(#"{"a":1,"b":2,"a":3}"#, allowDuplicates: true)
    #expect(value["a"] == 3)
    #expect(value.objectValue?.names == ["a", "b", "a"])
    #expect(value.text() == #"{"a":1,"b":2,"a":3}"#)
  }

  @Test func duplicatesAmongManyMembers() throws {
    let members = (0..<1000).map { "\"k\($0)\":\($0)" }
    #expect(try JSONValue.parse("{" + members.joined(separator: ",") + "}").objectValue?.count == 1000)
    let error = #expect(throws: JSONError.self) { _ = try JSONValue.parse("{" + (members + [#""k7":0"#]).joined(separator: ",") + "}") }
    #expect(error?.kind == .duplicateMember("k7"))
  }

  /// Names that Swift's string equality takes for one another are two members in JSON.
  @Test func namesAreComparedByBytes() throws {
    let value = try JSONValue.parse("{\"\u{212a}\":1,\"K\":2,\"\u{e9}\":3,\"e\u{301}\":4}")
    #expect(value["K"] == 2)
    #expect(value["\u{212a}"] == 1)
    #expect(value["\u{e9}"] == 3)
    #expect(value["e\u{301}"] == 4)
  }

  /// Whatever bytes come, parsing ends in a value or a located error, and a value survives the way out and back.
  @Test func mutatedTextsNeverTrap() throws {
    let seed: UInt64 = 0x5eed_0001
    var random = SeededGenerator(seed: seed)
    let sources = Self.accepted.map { Array($0.0.utf8) } + Self.refused.map { Array($0.0.utf8) }
    for round in 0..<20_000 {
      var bytes = sources[Int(random.next() % UInt64(sources.count))]
      for _ in 0..<(random.next() % 4) {
        let at = bytes.isEmpty ? 0 : Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
        case 1: if !bytes.isEmpty { bytes.remove(at: at) }
        default: if !bytes.isEmpty { bytes[at] = Array("{}[]\",:\\u0e-.\u{80}".utf8)[Int(random.next() % 15)] }
        }
      }
      do {
        let value = try JSONValue.parse(bytes)
        #expect(try JSONValue.parse(value.serialize()) == value, "seed \(seed) round \(round)")
      } catch {
        #expect((0...bytes.count).contains(error.offset) && error.line >= 1 && error.column >= 1, "seed \(seed) round \(round)")
      }
    }
  }
}
