import Testing
@testable import Vendors

@Suite struct TextTemplateTests {
  static let texts: [(template: String, text: String, values: [String: String]?)] = [
    ("{secret}", "abc", ["secret": "abc"]), ("{secret}", "", nil), ("Bearer {secret}", "Bearer a b", ["secret": "a b"]),
    ("Bearer {secret}", "Basic abc", nil), ("Bearer {secret}", "Bearer ", nil), ("{a}-{b}", "1-2-3", ["a": "1", "b": "2-3"]),
    ("{a}-{b}", "--", nil), ("{a}-{b}", "---", ["a": "-", "b": "-"]), ("{a}-{b}", "12", nil),
    ("{a}.mp3", "x.mp3.mp3", ["a": "x.mp3"]), ("{a}.mp3", ".mp3", nil), ("{a}.mp3", "x.wav", nil),
    ("{a}-{b}.mp3", "1-2.mp3", ["a": "1", "b": "2"]), ("{a}-{b}.mp3", "1-.mp3", nil), ("{a}{b}", "xyz", ["a": "x", "b": "yz"]),
    ("{a}{b}", "x", nil), ("x{a}aa", "xaaa", ["a": "a"]), ("ab", "ab", [:]), ("ab", "abc", nil), ("", "", [:]),
  ]

  @Test(arguments: texts)
  func whatStandsInThePlaces(template: String, text: String, values: [String: String]?) {
    #expect(TextTemplate(template).values(in: text) == values)
  }

  @Test func aPlaceThatDoesNotTakeATextLeavesItToALaterEnd() {
    let template = TextTemplate("{name}_{rate}")
    #expect(template.values(in: "pcm_s16le_16000") { $0 == "name" || Int($1) != nil } == ["name": "pcm_s16le", "rate": "16000"])
    #expect(template.values(in: "pcm_s16le_x") { $0 == "name" || Int($1) != nil } == nil)
  }

  /// A client chooses these texts, and a reactor reads them.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      ("{secret}", "x"), ("Bearer {secret}", "x"), ("{a}_{b}_{c}.", "1_"), ("{a}_{b}_{c}_{d}_{e}x", "_"), ("{a}{b}{c}.", "x"),
    ])
  func aLongTextIsReadOnce(template: String, piece: String) {
    let text = String(repeating: piece, count: 1 << 20)
    #expect(TextTemplate(template).values(in: text) == (template == "{secret}" ? ["secret": text] : nil))
  }
}
