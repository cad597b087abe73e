import Testing
@testable import Vendors

@Suite struct ConversationRulesTests {
  @Test func everyKeyIsRead() throws {
    let (read, problems) = descriptor(
      """
      test.one:
        kind: speech_to_text
        endpoint: {url: wss://a.b/c}
        conversation:
          query: {partials: "true", tag: [a, b]}
          opening: [{type: begin}, hello]
          transcripts:
            - {match: {type: part}, path: "words[0].text", form: addition, speaker: vendor}
            - {match: {type: whole}, path: text}
          turn_end: [{type: end}, {done: true}]
      """)
    #expect(problems == [])
    let rules = try #require(read?.conversation)
    #expect(rules.query == [.init("partials", "true"), .init("tag", "a"), .init("tag", "b")])
    #expect(rules.opening.map(\.fixedText) == [#"{"type":"begin"}"#, "hello"])
    #expect(rules.transcripts.map(\.form) == [.addition, .final])
    #expect(rules.transcripts.map(\.speaker) == [.vendor, .client])
    #expect(rules.endsTurn(["done": true]))
    #expect(!rules.endsTurn(["type": "ending"]))
  }

  static let mistakes: [(String, String)] = [
    ("{turn_ends: []}", "unknown key 'turn_ends'"), ("{transcripts: [{match: {type: x}}]}", "missing key 'path'"),
    ("{transcripts: [{match: {type: x}, path: a, form: finale}]}", "did you mean 'final'?"),
    ("{transcripts: [{match: {type: x}, path: a, speaker: vendr}]}", "did you mean 'vendor'?"),
    ("{turn_end: {type: x}}", "'turn_end'"), ("{query: [a]}", "'query'"),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsSaid(yaml: String, said: String) {
    let problems = descriptor("test.one:\n  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  conversation: \(yaml)").problems
    #expect(problems.count == 1 && problems.first?.contains(said) ?? false, "\(problems)")
  }
}
