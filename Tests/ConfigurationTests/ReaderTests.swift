import Configuration
import Testing
import YAML

/// A section of the tests' own, with one field of each sort.
private struct Sample: Section, Equatable {
  enum Colour: String, CaseIterable { case red, green }

  var name = ""
  var size = 1 << 10
  var colour = Colour.red
  var wait: Switched<Duration> = .on(.seconds(1))
  var words = ["a"]
  var limits: [String: Int] = [:]
  var inner = Inner()
  var later: String?
  var either: String?
  var other: String?

  init() {}

  struct Inner: Section, Equatable {
    var on = false
    var count = 3
    init() {}
    static let section = SectionDescription<Inner>(
      "Inner", "Inside.",
      fields: [
        Field("on", \.on, .boolean, "A switch."),
        Field("count", \.count, .integer(1...9), "A number."),
      ])
  }

  static let section = SectionDescription<Sample>(
    "Sample", "For tests.",
    fields: [
      Field("name", \.name, .text, required: true, "A name."),
      Field("size", \.size, .size(1...4096), "A size."),
      Field("colour", \.colour, .choice, "A colour."),
      Field("wait", \.wait, .off(or: .duration(.seconds(1) ... .seconds(60))), "A duration."),
      Field("words", \.words, .list(of: .text, noun: "word", atLeast: 1, single: true), "Words."),
      Field("limits", \.limits, .map(of: .integer(1 ... .max), noun: "limit"), "Limits."),
      Field("inner", \.inner, .section, "Inside."),
      Field("later", \.later, .text, availability: .notYet("use 'name'"), "Later."),
      Field("either", \.either, .text, "One."),
      Field("other", \.other, .text, "The other."),
    ],
    rules: [.atMostOne(["either", "other"])]
  ) { sample, node, place, reader in
    if sample.name == "forbidden" { reader.error("'\(sample.name)' is no name for \(place.owner)", at: node["name"]?.start) }
  }
}

@Suite struct ReaderTests {
  private func read(_ text: String, base: Sample = Sample(), isPartial: Bool = false) -> (value: Sample?, messages: [String]) {
    var reader = Reader(file: "f")
    guard let root = Loader.load(text).root else { return (nil, ["no YAML"]) }
    let value = reader.read(Sample.self, from: root, at: .named("sample 'x'"), base: base, isPartial: isPartial)
    return (value, reader.diagnostics.inOrder().map { $0.headline })
  }

  @Test func everyKey() {
    let (value, messages) = read(
      """
      name: 7
      size: 2KiB
      colour: green
      wait: off
      words: single
      limits: {x: 1, y: 2}
      inner: {on: true}
      either: "8"
      """)
    var expected = Sample()
    expected.name = "7"
    expected.size = 2048
    expected.colour = .green
    expected.wait = .off
    expected.words = ["single"]
    expected.limits = ["x": 1, "y": 2]
    expected.inner.on = true
    expected.either = "8"
    #expect(value == expected)
    #expect(messages == [])
  }

  /// Each kind of mistake; everything else is still read.
  @Test(arguments: [
    ("name: a\nsise: 1B", "f:2:1: error: unknown key 'sise' in sample 'x'; did you mean 'size'?"),
    ("name: a\nzzzzzz: 1", "f:2:1: error: unknown key 'zzzzzz' in sample 'x'"),
    ("size: 1B", "f:1:1: error: missing key 'name' in sample 'x'"),
    ("name:", "f:1:6: error: 'name' in sample 'x' must be text; found nothing"),
    ("name: [a]", "f:1:7: error: 'name' in sample 'x' must be text; found a list"),
    ("name: a\nsize: 12", "f:2:7: error: 'size' in sample 'x' must be a size such as 512B, 64KiB or 16MiB; found '12'"),
    ("name: a\nsize: 5KiB", "f:2:7: error: 'size' in sample 'x' must be between 1B and 4KiB; found 5KiB"),
    ("name: a\ncolour: gren", "f:2:9: error: 'colour' in sample 'x' must be 'red' or 'green'; found 'gren'; did you mean 'green'?"),
    ("name: a\nwait: soon", "f:2:7: error: 'wait' in sample 'x' must be a duration such as 250ms, 30s, 5m, 1h or 1d; found 'soon'"),
    ("name: a\nwait: 2h", "f:2:7: error: 'wait' in sample 'x' must be between 1s and 1m; found 2h"),
    ("name: a\nwords: []", "f:2:8: error: 'words' in sample 'x' needs at least one item"),
    ("name: a\nwords: {b: c}", "f:2:8: error: 'words' in sample 'x' must be a list; found a mapping"),
    ("name: a\nwords: [b, [c]]", "f:2:12: error: word 2 of sample 'x' must be text; found a list"),
    ("name: a\nlimits: {b: c}", "f:2:13: error: limit 'b' of sample 'x' must be an integer of at least 1; found 'c'"),
    ("name: a\nlimits: {b: \"1\"}", "f:2:13: error: limit 'b' of sample 'x' must be an integer of at least 1; found the text '1'"),
    ("name: a\nlimits: 3", "f:2:9: error: 'limits' in sample 'x' must be a mapping; found '3'"),
    ("name: a\ninner: {on: yes}", "f:2:13: error: 'on' in inner of sample 'x' must be true or false; found 'yes'"),
    ("name: a\ninner: {count: 10}", "f:2:16: error: 'count' in inner of sample 'x' must be an integer between 1 and 9; found '10'"),
    ("name: a\ninner: {one: 1}", "f:2:9: error: unknown key 'one' in inner of sample 'x'; did you mean 'on'?"),
    ("name: a\ninner: off", "f:2:8: error: 'inner' in sample 'x' must be a mapping with keys such as 'on' or 'count'; found 'off'"),
    ("name: a\nlater: b", "f:2:1: warning: 'later' in sample 'x' is not yet in effect: use 'name'"),
    ("name: a\neither: b\nother: c", "f:3:1: error: sample 'x' takes only one of 'either' or 'other'"),
    ("name: forbidden", "f:1:7: error: 'forbidden' is no name for sample 'x'"),
    ("[a]", "f:1:1: error: sample 'x' must be a mapping with keys such as 'name', 'size' or 'colour'; found a list"),
  ])
  func mistakes(text: String, expected: String) {
    #expect(read(text).messages == [expected])
  }

  @Test func whatCannotBeReadKeepsItsDefault() {
    let (value, messages) = read("name: a\nsize: x\ncolour: green\nunknown: 1")
    #expect(messages.count == 2)
    #expect(value?.size == 1024)
    #expect(value?.colour == .green)
  }

  @Test func aBaseIsChangedKeyByKey() {
    var base = Sample()
    base.name = "base"
    base.words = ["kept"]
    base.inner.count = 5
    let (value, messages) = read("inner: {on: true}", base: base, isPartial: true)
    #expect(messages == [])
    #expect(value?.name == "base")
    #expect(value?.words == ["kept"])
    #expect(value?.inner.on == true)
    #expect(value?.inner.count == 5)
  }

  @Test func rules() {
    struct Pair: Section {
      var a: String?
      var b: String?
      static let section = SectionDescription<Pair>(
        "Pair", "", fields: [Field("a", \.a, .text, ""), Field("b", \.b, .text, "")],
        rules: [.together(["a", "b"]), .exactlyOne(["a", "b"])])
    }
    func messages(_ text: String) -> [String] {
      var reader = Reader(file: "f")
      if let root = Loader.load(text).root { _ = reader.read(Pair.self, from: root, at: .named("pair")) }
      return reader.diagnostics.map(\.message)
    }
    #expect(messages("{}") == ["pair needs 'a' or 'b'"])
    #expect(messages("{a: 1}") == ["pair has 'a' and so needs 'b'"])
    #expect(messages("{a: 1, b: 1}") == ["pair takes only one of 'a' or 'b'"])
  }

  @Test func controlCharactersAndLengthInMessages() {
    let long = String(repeating: "k", count: 200)
    let messages = read("name: a\n\"\\e[31m\": 1\n\(long): 2").messages
    #expect(messages.count == 2)
    #expect(messages.allSatisfy { !$0.unicodeScalars.contains("\u{1B}") && $0.count < 160 })
  }

  @Test(arguments: [
    ("plain", "plain"), ("a.b/c-d_e", "a.b/c-d_e"), ("", "\"\""), ("8080", "\"8080\""), ("true", "\"true\""), ("-a", "\"-a\""),
    ("a b", "\"a b\""), ("*", "\"*\""),
    ("a\"b\\c\nd\u{1}", "\"a\\\"b\\\\c\\nd\\x01\""), ("https://a", "\"https://a\""), ("ü", "\"ü\""),
  ])
  func textInBrackets(text: String, expected: String) {
    #expect(YAMLText.flow(text) == expected)
    #expect(Loader.load("[\(expected)]").root?.sequence?.first?.scalar?.core == .text(text))
  }
}
