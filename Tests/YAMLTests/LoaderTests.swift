import Testing
import YAML

@Suite struct LoaderTests {
  @Test func marksOfEveryNode() throws {
    let text = """
      listeners:
        - {address: "127.0.0.1:8080"}
      größe: 16MiB
      """
    let loaded = Loader.load(text)
    #expect(loaded.problems.isEmpty)
    let root = try #require(loaded.root)
    #expect(root.mapping?.map(\.name) == ["listeners", "größe"])
    #expect(root.start == Mark(line: 1, column: 1))

    let listener = try #require(root["listeners"]?.sequence?.first)
    #expect(listener.start == Mark(line: 2, column: 5))
    #expect(listener.end == Mark(line: 2, column: 32))
    let address = try #require(listener.entry("address"))
    #expect(address.key.start == Mark(line: 2, column: 6))
    #expect(address.value.start == Mark(line: 2, column: 15))
    #expect(address.value.scalar == Scalar("127.0.0.1:8080", style: .quoted))
    #expect(root["größe"]?.start == Mark(line: 3, column: 8))
    #expect(root.descendant(["listeners", "nothing"]) == nil)
  }

  @Test func quotedAndPlainDiffer() {
    let root = Loader.load("[8080, \"8080\", '8080', !!str 8080, !!int \"8080\"]").root
    #expect(root?.sequence?.map { $0.scalar?.integer } == [8080, nil, nil, nil, 8080])
    let block = Loader.load("pem: |\n  line 1\n  line 2\n").root
    #expect(block?["pem"]?.scalar == Scalar("line 1\nline 2\n", style: .quoted))
  }

  @Test func aliasesAndMergeKeys() {
    let text = """
      base: &base {a: 1, b: 2}
      more: &more {b: 3, c: 4}
      same: *base
      one: {<<: *base, b: 5}
      two: {<<: [*base, *more], d: 6}
      literal: {"<<": 7}
      """
    let loaded = Loader.load(text)
    #expect(loaded.problems.isEmpty)
    let root = loaded.root
    #expect(root?["same"] == root?["base"])
    #expect(root?["same"]?.start == Mark(line: 1, column: 7))
    #expect(pairs(root?["one"]) == ["b=5", "a=1"])
    #expect(pairs(root?["two"]) == ["d=6", "a=1", "b=2", "c=4"])
    #expect(pairs(root?["literal"]) == ["<<=7"])
  }

  private func pairs(_ node: Node?) -> [String]? {
    node?.mapping?.map { "\($0.name)=\($0.value.text ?? "?")" }
  }

  @Test func everyDuplicateKeyAtOnce() {
    let loaded = Loader.load("a: 1\nb: {c: 1, c: 2}\n'a': 3\n\"a\": 4\n")
    #expect(
      loaded.problems.map(\.description) == [
        "2:11: duplicate key 'c' (first given here: 2:5)",
        "3:1: duplicate key 'a' (first given here: 1:1)",
        "4:1: duplicate key 'a' (first given here: 1:1)",
      ])
    #expect(loaded.root?["a"]?.text == "1")
  }

  /// Each kind of error with its place.
  @Test(
    arguments: [
      ("", .empty, "1:1: the text has no YAML document"),
      ("# only a comment\n", .empty, "1:1: the text has no YAML document"),
      ("a: 1\n---\nb: 2\n", .severalDocuments, "2:1: a second YAML document begins here; expected one"),
      ("a: [1, 2\nb: 3\n", .syntax, "2:2: did not find expected ',' or ']' while parsing a flow sequence (begun here: 1:4)"),
      ("a: 1\n\tb: 2\n", .syntax, "2:1: found a tab character that violates indentation while scanning a plain scalar (begun here: 1:4)"),
      ("a: \"open\n", .syntax, "2:1: found unexpected end of stream while scanning a quoted scalar (begun here: 1:4)"),
      ("a: *nowhere", .unknownAnchor, "1:4: alias '*nowhere' has no anchor '&nowhere' before it"),
      ("a: &loop [*loop]", .recursiveAlias, "1:11: alias '*loop' stands inside its own anchor"),
      ("a: !secret b", .unsupportedTag, "1:4: tag '!secret' does not fit this value, or is not supported"),
      ("a: !!int b", .unsupportedTag, "1:4: tag '!!int' does not fit this value, or is not supported"),
      ("a: !!set {b, c}", .unsupportedTag, "1:4: tag '!!set' is not supported"),
      ("[a, b]: c", .unsupportedKey, "1:1: a list or mapping cannot be a key; expected text"),
      ("<<: 5", .unsupportedMerge, "1:5: merge key '<<' takes a mapping or a list of mappings"),
      ("a: b\0c", .encoding, "1:5: the character U+0000 is not allowed in YAML"),
      ("ä: 1\r\nb: \u{7}", .encoding, "2:4: the character U+0007 is not allowed in YAML"),
    ] as [(String, YAMLError.Kind, String)])
  func errors(text: String, kind: YAMLError.Kind, expected: String) {
    let problems = Loader.load(text).problems
    #expect(problems.map(\.description) == [expected])
    #expect(problems.map(\.kind) == [kind])
  }

  /// RFC 3629 section 4: continuation alone, overlong, surrogate, beyond U+10FFFF, cut short.
  @Test(
    arguments: [
      [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
      [0xFF],
    ] as [[UInt8]])
  func invalidUTF8(bytes: [UInt8]) {
    let loaded = Loader.load(Array("a: ".utf8) + bytes)
    #expect(loaded.root == nil)
    #expect(loaded.problems.map(\.kind) == [.encoding])
    #expect(loaded.problems.map(\.mark) == [Mark(line: 1, column: 4)])
  }

  @Test func byteOrderMarkIsSkipped() {
    let loaded = Loader.load([0xEF, 0xBB, 0xBF] + Array("a: ü€😀".utf8))
    #expect(loaded.root?["a"]?.text == "ü€😀")
    #expect(loaded.root?.start == .start)
  }
}
