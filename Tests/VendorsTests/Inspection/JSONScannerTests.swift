import JSON
import TestSupport
import Testing
@testable import Vendors

@Suite struct JSONScannerTests {
  static let watched = ["type", "n", "session.audio.input.format.type", "session.audio.input.format.rate", "list[1].a", "a", "media.n"]

  static func paths(_ texts: [String] = watched, base64: String? = "media.payload", headLimit: Int = 0) throws -> JSONPathSet {
    try JSONPathSet(try texts.map { try #require(JSONPath($0)) }, base64: base64.flatMap { JSONPath($0) }, headLimit: headLimit)
  }

  static func scan(_ text: [UInt8], _ scanner: inout JSONScanner) -> JSONScanner.Outcome {
    scanner.begin()
    scanner.consume(text)
    return scanner.end()
  }

  static func scan(_ text: String, _ scanner: inout JSONScanner) -> JSONScanner.Outcome { scan(Array(text.utf8), &scanner) }

  /// The same of what `JSONValue` holds at the path.
  static func expectSame(_ scanner: JSONScanner, _ value: JSONValue, _ comment: Comment) {
    for (path, slot) in scanner.paths.slots {
      let wanted = path.first(in: value)
      switch wanted {
      case nil: #expect(scanner.kind(slot) == .absent, comment)
      case .null: #expect(scanner.kind(slot) == .null, comment)
      case .bool(let flag): #expect(scanner.kind(slot) == (flag ? .true : .false), comment)
      case .array: #expect(scanner.kind(slot) == .array, comment)
      case .object: #expect(scanner.kind(slot) == .object, comment)
      case .int, .double:
        #expect(scanner.kind(slot) == .number, comment)
        if slot != scanner.paths.base64[0].slot { #expect(scanner.number(slot) == wanted?.doubleValue, comment) }
      case .string(let text):
        #expect(scanner.kind(slot) == .string, comment)
        if slot == scanner.paths.base64[0].slot {
          let bytes = Base64.decode(text)
          #expect((scanner.base64Problem == nil) == (bytes != nil), comment)
          if let bytes { #expect(scanner.decodedCount == bytes.count, comment) }
        } else {
          #expect(scanner.bytes(slot).elementsEqual(text.utf8.prefix(64)), comment)
          #expect(scanner.isTruncated(slot) == (text.utf8.count > 64), comment)
        }
      }
    }
  }

  @Test(arguments: 0..<12)
  func valuesAreThoseOfAParser(seed: Int) throws {
    var json = RandomJSON(seed: UInt64(seed))
    var scanner = JSONScanner(try Self.paths())
    for round in 0..<100 {
      let text = json.document()
      let comment: Comment = "seed \(seed) round \(round): \(String(decoding: text, as: UTF8.self))"
      let value = try JSONValue.parse(text, allowDuplicates: true)
      #expect(Self.scan(text, &scanner) == .complete, comment)
      Self.expectSame(scanner, value, comment)
      scanner.begin()
      for piece in json.random.split(text, longest: [1, 3, 20, 100][round % 4]) { scanner.consume(piece) }
      #expect(scanner.end() == .complete, comment)
      Self.expectSame(scanner, value, comment)
    }
  }

  @Test(arguments: 100..<112)
  func whatAParserRefusesIsRefused(seed: Int) throws {
    var json = RandomJSON(seed: UInt64(seed))
    var scanner = JSONScanner(try Self.paths())
    var refused = 0
    for round in 0..<150 {
      let text = json.mutated(json.document())
      let comment: Comment = "seed \(seed) round \(round): \(text.map { String($0, radix: 16) })"
      scanner.begin()
      for piece in json.random.split(text, longest: round % 2 == 0 ? 7 : 1000) { scanner.consume(piece) }
      let outcome = scanner.end()
      do throws(JSONError) {
        let value = try JSONValue.parse(text, allowDuplicates: true)
        #expect(outcome == .complete, comment)
        Self.expectSame(scanner, value, comment)
      } catch {
        // A number that no double holds has no value, but what is around it has.
        if case .numberOutOfRange = error.kind { continue }
        refused += 1
        #expect(outcome != .complete, comment)
        if case .malformed(let fault) = outcome { #expect(fault.offset <= text.count, comment) }
      }
    }
    #expect(refused > 20)
  }

  static let malformed: [(String, JSONFault)] = [
    ("{", .init(kind: .unexpectedEnd, offset: 1)), ("{}}", .init(kind: .unexpected(byte: 0x7D), offset: 2)),
    ("{} {}", .init(kind: .unexpected(byte: 0x7B), offset: 3)), ("[1,]", .init(kind: .unexpected(byte: 0x5D), offset: 3)),
    ("[1}", .init(kind: .unexpected(byte: 0x7D), offset: 2)), ("{\"a\":1]", .init(kind: .unexpected(byte: 0x5D), offset: 6)),
    ("{\"a\"}", .init(kind: .unexpected(byte: 0x7D), offset: 4)), ("{\"a\":}", .init(kind: .unexpected(byte: 0x7D), offset: 5)),
    ("{\"a\":1,}", .init(kind: .unexpected(byte: 0x7D), offset: 7)), ("{a:1}", .init(kind: .unexpected(byte: 0x61), offset: 1)),
    ("truE", .init(kind: .unexpected(byte: 0x45), offset: 3)), ("nul", .init(kind: .unexpectedEnd, offset: 3)),
    ("01", .init(kind: .unexpected(byte: 0x31), offset: 1)), ("-", .init(kind: .unexpectedEnd, offset: 1)),
    ("[1.]", .init(kind: .unexpected(byte: 0x5D), offset: 3)), ("[+1]", .init(kind: .unexpected(byte: 0x2B), offset: 1)),
    ("[1e]", .init(kind: .unexpected(byte: 0x5D), offset: 3)), ("\"a", .init(kind: .unexpectedEnd, offset: 2)),
    ("\"\n\"", .init(kind: .controlCharacter, offset: 1)), ("\"\\x\"", .init(kind: .invalidEscape, offset: 2)),
    ("\"\\u00g0\"", .init(kind: .invalidEscape, offset: 5)), ("\"\\ud800\"", .init(kind: .loneSurrogate, offset: 7)),
    ("\"\\udc00\"", .init(kind: .loneSurrogate, offset: 6)), ("\"\\ud800\\u0041\"", .init(kind: .loneSurrogate, offset: 12)),
    ("\u{FEFF}{}", .init(kind: .unexpected(byte: 0xEF), offset: 0)), ("'a'", .init(kind: .unexpected(byte: 0x27), offset: 0)),
    ("[NaN]", .init(kind: .unexpected(byte: 0x4E), offset: 1)), ("{\"a\":1}\u{0}", .init(kind: .unexpected(byte: 0), offset: 7)),
    (String(repeating: "[", count: 65), .init(kind: .tooDeep(limit: 64), offset: 64)),
  ]

  @Test(arguments: malformed)
  func theFaultIsNamed(text: String, fault: JSONFault) throws {
    var scanner = JSONScanner(try Self.paths())
    #expect(Self.scan(text, &scanner) == .malformed(fault))
    #expect(Self.scan("{\"type\":\"x\"}", &scanner) == .complete, "the next message is another one")
  }

  static let notUTF8: [[UInt8]] = [
    [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
    [0x22, 0xE2, 0x82, 0x22], [0x22, 0xE0, 0x80, 0x80, 0x22], [0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
  ]

  @Test(arguments: notUTF8)
  func stringsAreUTF8(text: [UInt8]) throws {
    var scanner = JSONScanner(try Self.paths())
    guard case .malformed(let fault) = Self.scan(text, &scanner) else {
      Issue.record("\(text) is accepted")
      return
    }
    #expect(fault.kind == .invalidUTF8)
  }

  @Test(arguments: ["", " ", "\n\t \r"])
  func blankIsNotMalformed(text: String) throws {
    var scanner = JSONScanner(try Self.paths())
    #expect(Self.scan(text, &scanner) == .blank)
  }

  @Test func theLastOfSeveralMembersCountsWhole() throws {
    let paths = try Self.paths()
    var scanner = JSONScanner(paths)
    func slot(_ text: String) throws -> Int { try #require(JSONPath(text).flatMap { paths.slots[$0] }) }
    let text = #"""
      {"type":"first","t\u0079pe":"last","session":{"audio":{"input":{"format":{"type":"pcm","rate":8000}}}},
       "session":{"audio":{"input":{"format":{"rate":16000}}}},"media":{"payload":"!!"},"media":{"payload":"\u002b\/AA"},"n":1,"n":{}}
      """#
    #expect(Self.scan(text, &scanner) == .complete)
    #expect(scanner.bytes(try slot("type")).elementsEqual("last".utf8))
    #expect(scanner.kind(try slot("session.audio.input.format.type")) == .absent)
    #expect(scanner.number(try slot("session.audio.input.format.rate")) == 16_000)
    #expect(scanner.kind(try slot("n")) == .object)
    #expect(scanner.base64Problem == nil)
    #expect(scanner.decodedCount == 3)
  }

  @Test func aMemberThatBecomesAScalarHidesWhatWasInIt() throws {
    let paths = try Self.paths()
    var scanner = JSONScanner(paths)
    #expect(Self.scan(#"{"media":{"payload":"AAAA","n":1},"media":null}"#, &scanner) == .complete)
    #expect(scanner.kind(paths.base64[0].slot) == .absent)
    #expect(scanner.decodedCount == 0)
  }

  @Test func numbersThatDoNotFitHaveNoValue() throws {
    let paths = try Self.paths(["n"], base64: nil)
    var scanner = JSONScanner(paths)
    let slot = try #require(JSONPath("n").flatMap { paths.slots[$0] })
    let numbers: [(String, Double?)] = [("1e400", nil), ("1" + String(repeating: "0", count: 70), nil), ("1e3", 1000), ("-0.5", -0.5)]
    for (number, value) in numbers {
      #expect(Self.scan("{\"n\":\(number)}", &scanner) == .complete)
      #expect(scanner.kind(slot) == .number)
      #expect(scanner.number(slot) == value, "\(number)")
    }
  }

  @Test func theFirstCharactersOfBase64AreKeptWhenAsked() throws {
    let paths = try Self.paths([], base64: "audio", headLimit: 16)
    var scanner = JSONScanner(paths)
    var random = SeededGenerator(seed: 5)
    for count in 0..<40 {
      let text = Base64.encode(random.bytes(count))
      let spelled = text.replacing("/", with: "\\/").replacing("+", with: "\\u002B")
      scanner.keepsHead = true
      scanner.begin()
      for piece in random.split(Array("{\"audio\":\"\(spelled)\"}".utf8), longest: 9) { scanner.consume(piece) }
      #expect(scanner.end() == .complete)
      #expect(scanner.decodedCount == count)
      #expect(scanner.bytes(paths.base64[0].slot).elementsEqual(text.utf8.prefix(16)))
      scanner.keepsHead = false
      #expect(Self.scan("{\"audio\":\"\(spelled)\"}", &scanner) == .complete)
      #expect(scanner.bytes(paths.base64[0].slot).isEmpty)
      #expect(scanner.decodedCount == count)
    }
  }

  @Test func everyElementsAudioIsSummed() throws {
    let paths = try Self.paths([], base64: "parts[*].data")
    var scanner = JSONScanner(paths)
    #expect(Self.scan(#"{"parts":[{"data":"AAAA"},{"text":"x"},{"data":"AA=="},{"data":null}]}"#, &scanner) == .complete)
    #expect(scanner.decodedCount == 4)
    #expect(scanner.base64Problem == nil)
    #expect(Self.scan(#"{"parts":[{"data":"AAA"},{"data":"AAAA"}]}"#, &scanner) == .complete)
    #expect(scanner.base64Problem == .length(3))
    #expect(Self.scan(#"{"parts":[{"data":"AAA"}],"parts":[{"data":"AAAA"}]}"#, &scanner) == .complete)
    #expect(scanner.base64Problem == nil)
    #expect(scanner.decodedCount == 3)
    #expect(Self.scan(#"{"parts":[{"data":"AAAA"},{"data":"!","data":null},{"data":"!","data":"AA=="}]}"#, &scanner) == .complete)
    #expect(scanner.kind(paths.base64[0].slot) == .string)
    #expect(scanner.base64Problem == nil)
    #expect(scanner.decodedCount == 4)
    #expect(Self.scan(#"{"parts":[{"data":"AAAA"},{"data":"AA=="}],"parts":[]}"#, &scanner) == .complete)
    #expect(scanner.kind(paths.base64[0].slot) == .absent)
  }

  @Test func eachPathOfBase64IsCountedByItself() throws {
    let data = try #require(JSONPath("data")), deep = try #require(JSONPath("parts[*].a.b"))
    let paths = try JSONPathSet(
      [], base64: [JSONPathSet.Base64Path(data), JSONPathSet.Base64Path(deep, isURLSafe: true)], headLimit: 8)
    let first = try #require(paths.slots[data]), second = try #require(paths.slots[deep])
    var scanner = JSONScanner(paths)
    scanner.keepsHead = true
    let text = #"{"parts":[{"a":{"b":"-_-_"}},{"a":{"b":"AA=="}}],"data":"-A==","x":{"data":"!"}}"#
    #expect(Self.scan(text, &scanner) == .complete)
    #expect(scanner.tally(second).decodedCount == 4 && scanner.tally(second).problem == nil)
    #expect(scanner.tally(first).problem == .foreign(offset: 0))
    #expect(scanner.base64Problem == .foreign(offset: 0))
    #expect(scanner.bytes(second).elementsEqual("-_-_".utf8))
    #expect(Self.scan(#"{"data":"AAAA","parts":[{"a":{"b":"A"},"a":{"b":"AAA="}}],"data":"AA=="}"#, &scanner) == .complete)
    #expect(scanner.tally(first).decodedCount == 1 && scanner.tally(second).decodedCount == 2)
    #expect(scanner.decodedCount == 3 && scanner.base64Problem == nil)
  }

  @Test func aMatchIsThatOfTheBuiltMessage() throws {
    let tests: [MessageMatch.Test] = [
      .equals("session.update"), .equals(nil), .equals(1), .equals(.double(0)), .equals(true), .not("a"), .not(nil), .exists(true),
      .exists(false), .nonZero, .prefix("se"), .prefix(""), .oneOf(["a", 0, false, nil, "session.updatea"]), .oneOf([]),
    ]
    for (index, test) in tests.enumerated() {
      for path in ["type", "n", "session.audio", "list[1].a"] {
        let match = MessageMatch(conditions: [.init(path: try #require(JSONPath(path)), test: test)])
        let paths = try Self.paths([path])
        let scanned = try ScannedMatch(match, in: paths)
        var scanner = JSONScanner(paths)
        var json = RandomJSON(seed: UInt64(1000 + index))
        for _ in 0..<60 {
          let text = json.document()
          #expect(Self.scan(text, &scanner) == .complete)
          let message = try JSONValue.parse(text, allowDuplicates: true)
          #expect(scanned.holds(in: scanner) == match.matches(message), "\(match.summary): \(String(decoding: text, as: UTF8.self))")
        }
      }
    }
  }

  @Test func aSketchHoldsWhatIsKept() throws {
    var scanner = JSONScanner(try Self.paths())
    let text = #"""
      {"type":"x","other":[1,2],"n":1.5,"session":{"audio":{"input":{"format":{"rate":8000,"type":null}}}},"list":[0,{"a":true}]}
      """#
    #expect(Self.scan(text, &scanner) == .complete)
    let sketch = scanner.sketch()
    for path in Self.watched.compactMap({ JSONPath($0) }) {
      #expect(path.first(in: sketch) == path.first(in: try JSONValue.parse(text)), "\(path.text)")
    }
  }

  static let refused: [(String, String?)] = [("a[*].b", nil), ("a[*]", "b"), ("b[0].c", "b[*].c"), ("a", "b[*].c[*]")]

  @Test(arguments: refused)
  func whatCannotBeWatchedIsRefused(path: String, base64: String?) throws {
    #expect(throws: InspectionError.self) { _ = try Self.paths([path], base64: base64) }
  }

  @Test func pathsAreBounded() throws {
    #expect(throws: InspectionError.self) { _ = try Self.paths((0..<64).map { "a\($0)" }) }
    var scanner = JSONScanner(try Self.paths((0..<61).map { "a\($0)" }))
    #expect(Self.scan("{\"a60\":1,\"a0\":2}", &scanner) == .complete)
    Self.expectSame(scanner, ["a60": 1, "a0": 2], "61 paths")
  }
}
