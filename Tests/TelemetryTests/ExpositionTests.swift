import Testing
@testable import Telemetry

@Suite struct ExpositionTests {
  /// The format's own example of escaping: `msdos_file_access_time_seconds`.
  @Test func escapesLabelValues() {
    var page = Exposition()
    page.sample(
      "msdos_file_access_time_seconds",
      [
        ("path", #"C:\DIR\FILE.TXT"#),
        ("error", "Cannot find file:\n\"FILE.TXT\""),
      ], 1.458255915e9)
    #expect(
      page.text == #"msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1458255915"# + "\n")
  }

  @Test func escapesHelpWithoutQuotes() {
    var page = Exposition()
    page.header(MetricSummary("m", .gauge, "a \"b\" \\ \n c"))
    #expect(page.text == "# HELP m a \"b\" \\\\ \\n c\n# TYPE m gauge\n")
  }

  @Test(arguments: [
    (0.0, "0"), (1, "1"), (0.25, "0.25"), (1e-05, "1e-05"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (-1.5, "-1.5"),
  ])
  func spellsNumbers(_ value: Double, _ text: String) {
    #expect(Exposition.number(value) == text)
  }

  @Test func contentTypeNamesTheVersion() {
    #expect(Exposition.contentType == "text/plain; version=0.0.4; charset=utf-8")
  }
}
