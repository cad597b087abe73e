import Testing
@testable import Telemetry

@Suite struct FamilyTests {
  @Test func sameLabelsAreTheSameSeries() {
    let family = Family<Counter>("f", "h", "route", "reason")
    family("/a", "x").add()
    family("/a", "x").add(2)
    family("/a", "y").add()
    #expect(family("/a", "x").value == 3)
    #expect(family("/a", "y").value == 1)
  }

  @Test func seriesAreBounded() {
    let family = Family<Counter>("f", "h", "path", limit: 10)
    for number in 0..<1000 { family("/\(number)").add() }
    var page = Exposition()
    family.expose(in: &page)
    let samples = page.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(samples.count == 11)
    #expect(samples.contains(#"f{path="other"} 990"#))
  }

  @Test func seriesComeInOrder() {
    let family = Family<Gauge>("f", "h", "a", "b")
    for values in [("z", "1"), ("a", "2"), ("a", "1")] { family(values.0, values.1).set(1) }
    var page = Exposition()
    family.expose(in: &page)
    #expect(page.text == "# HELP f h\n# TYPE f gauge\nf{a=\"a\",b=\"1\"} 1\nf{a=\"a\",b=\"2\"} 1\nf{a=\"z\",b=\"1\"} 1\n")
  }

  @Test func aMetricWithoutLabelsShowsItsZero() {
    var page = Exposition()
    Family<Counter>("f_total", "h").expose(in: &page)
    #expect(page.text == "# HELP f_total h\n# TYPE f_total counter\nf_total 0\n")
  }
}
