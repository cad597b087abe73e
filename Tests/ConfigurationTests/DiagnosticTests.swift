import Configuration
import Testing
import YAML

@Suite struct DiagnosticTests {
  private let source = SourceText("first: 1\r\n\tsecond: 2\nthird: 3")

  @Test func headlineExcerptAndCaret() {
    let diagnostic = Diagnostic(
      .error, file: "upstreams.yaml", mark: Mark(line: 3, column: 8), "unknown key 'vendr' in route '/a'", suggestion: "vendor")
    #expect(
      diagnostic.rendered(in: source) == """
        upstreams.yaml:3:8: error: unknown key 'vendr' in route '/a'; did you mean 'vendor'?
          third: 3
                 ^
        """)
  }

  @Test func relatedPlaceAndTabs() {
    let related = Diagnostic.Related(mark: Mark(line: 1, column: 1), note: "first given here")
    let diagnostic = Diagnostic(.warning, file: "a.yaml", mark: Mark(line: 2, column: 2), "twice", related: related)
    #expect(
      diagnostic.rendered(in: source)
        == "a.yaml:2:2: warning: twice\n  \tsecond: 2\n  \t^\na.yaml:1:1: note: first given here\n  first: 1\n  ^")
  }

  @Test func withoutAPlace() {
    #expect(Diagnostic(.error, file: "a.yaml", mark: nil, "no such file").rendered(in: source) == "a.yaml: error: no such file")
    #expect(
      Diagnostic(.error, file: "a.yaml", mark: Mark(line: 9, column: 1), "beyond").rendered(in: source) == "a.yaml:9:1: error: beyond")
  }

  @Test func coveredStretches() {
    var source = SourceText("{a: secret1, b: secret2, c: d}")
    source.cover(Mark(line: 1, column: 5)..<Mark(line: 1, column: 12))
    source.cover(Mark(line: 1, column: 17)..<Mark(line: 1, column: 24))
    #expect(source.excerpt(at: Mark(line: 1, column: 26)) == ["  {a: ***, b: ***, c: d}", "                   ^"])
    #expect(source.excerpt(at: Mark(line: 1, column: 17)) == ["  {a: ***, b: ***, c: d}", "              ^"])
    #expect(source.excerpt(at: Mark(line: 1, column: 20)) == ["  {a: ***, b: ***, c: d}", "              ^"])
    #expect(source.excerpt(at: Mark(line: 1, column: 31)) == ["  {a: ***, b: ***, c: d}", "                        ^"])
  }

  @Test func aCoverOverLines() {
    var source = SourceText("a: |\n  one\n  two\nb: 1")
    source.cover(Mark(line: 1, column: 4)..<Mark(line: 4, column: 1))
    #expect(source.excerpt(at: Mark(line: 1, column: 1)) == ["  a: ***", "  ^"])
    #expect(source.excerpt(at: Mark(line: 3, column: 3)) == ["  ***", "  ^"])
    #expect(source.excerpt(at: Mark(line: 4, column: 1)) == ["  b: 1", "  ^"])
  }

  @Test func longLinesAndControlCharacters() {
    let source = SourceText(String(repeating: "x", count: 300) + "y" + String(repeating: "z", count: 300))
    let lines = source.excerpt(at: Mark(line: 1, column: 301))
    #expect(lines.count == 2)
    #expect(lines[0].count == 2 + 1 + 160 + 1)
    #expect(lines[0].hasPrefix("  …x") && lines[0].hasSuffix("z…"))
    let caret = lines[1].firstIndex(of: "^").map { lines[1].distance(from: lines[1].startIndex, to: $0) }
    #expect(caret.map { Array(lines[0])[$0] } == "y")
    #expect(SourceText("a\u{1B}[31mb").excerpt(at: .start)[0] == "  a\u{FFFD}[31mb")
  }

  @Test func json() {
    let related = Diagnostic.Related(mark: Mark(line: 1, column: 2), note: "first given here")
    let diagnostic = Diagnostic(.error, file: "a.yaml", mark: Mark(line: 3, column: 4), "message", suggestion: "other", related: related)
    #expect(
      diagnostic.json.text()
        == #"{"file":"a.yaml","severity":"error","message":"message","line":3,"column":4,"suggestion":"other","related":{"line":1,"column":2,"note":"first given here"}}"#
    )
    #expect(Diagnostic(.warning, file: "a.yaml", mark: nil, "m").json.text() == #"{"file":"a.yaml","severity":"warning","message":"m"}"#)
  }

  @Test(
    arguments: [
      ("vendr", "vendor"), ("vednor", "vendor"), ("Vendor", "vendor"), ("sessionLength", "session_length"),
      ("session-lenght", "session_length"), ("url", "url"),
      ("x", nil), ("completely_different", nil), ("", nil),
    ] as [(String, String?)])
  func suggestions(word: String, expected: String?) {
    #expect(Suggestion.nearest(to: word, among: ["vendor", "url", "session_length", "upstream"]) == expected)
  }
}
