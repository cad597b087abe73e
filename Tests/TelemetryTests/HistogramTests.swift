import Testing
@testable import Telemetry

@Suite struct HistogramTests {
  @Test(arguments: [Histogram.Buckets.latency, .answer, .lifetime])
  func boundsAscend(_ buckets: Histogram.Buckets) {
    #expect(buckets.bounds == buckets.bounds.sorted())
    #expect(Set(buckets.bounds).count == buckets.bounds.count)
  }

  @Test func bucketsAreCumulativeAndBoundsInclusive() {
    let histogram = Histogram(.lifetime)
    histogram.observe(seconds: 1)
    histogram.observe(milliseconds: 1001)
    histogram.observe(.seconds(15))
    histogram.observe(seconds: 100_000)
    var page = Exposition()
    histogram.expose("h", [("route", "/a")], in: &page)
    let lines = page.text.split(separator: "\n").map(String.init)
    #expect(lines[0] == #"h_bucket{route="/a",le="1"} 1"#)
    #expect(lines[1] == #"h_bucket{route="/a",le="5"} 2"#)
    #expect(lines[2] == #"h_bucket{route="/a",le="15"} 3"#)
    #expect(lines[13] == #"h_bucket{route="/a",le="86400"} 3"#)
    #expect(lines[14] == #"h_bucket{route="/a",le="+Inf"} 4"#)
    #expect(lines[15] == #"h_sum{route="/a"} 100017.001"#)
    #expect(lines[16] == #"h_count{route="/a"} 4"#)
    #expect(lines.count == 17)
  }

  @Test(arguments: [-1.0, -.infinity, .nan])
  func nonsenseCountsAsZero(_ seconds: Double) {
    let histogram = Histogram(.latency)
    histogram.observe(seconds: seconds)
    #expect(histogram.count == 1)
    #expect(histogram.sum == 0)
  }

  @Test func infinityDoesNotTrap() {
    let histogram = Histogram(.latency)
    histogram.observe(seconds: .infinity)
    #expect(histogram.count == 1)
  }
}
