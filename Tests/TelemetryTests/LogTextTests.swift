import Testing
@testable import Telemetry

@Suite struct LogTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("a\nb\r\u{0}c", "abc"), ("\u{1B}[2Jx", "[2Jx"), ("\u{85}\u{9B}x", "x"), ("\u{2028}\u{202E}x", "x"),
    ("äöü €", "äöü €"),
  ])
  func cleans(_ text: String, _ expected: String) {
    #expect(LogText.clean(text) == expected)
  }

  @Test func cutsBetweenCharacters() {
    #expect(LogText.clean("ééé", limit: 4) == "éé…")
    #expect(LogText.clean("ééé", limit: 5) == "éé…")
    #expect(LogText.clean("ééé", limit: 6) == "ééé")
  }
}
