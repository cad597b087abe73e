import Testing
@testable import Telemetry

@Suite struct GatewayMetricsTests {
  private static func metrics() -> [any Metric] {
    Mirror(reflecting: GatewayMetrics()).children.compactMap { $0.value as? any Metric }
  }

  @Test func everyMemberIsExposed() {
    let members = Mirror(reflecting: GatewayMetrics()).children.map { $0.label ?? "" }
    // `reactors` is where the reactor metrics read from, not a metric.
    #expect(members.count == Self.metrics().count + 1)
    #expect(Self.metrics().count > 20)
  }

  @Test func namesFollowTheConvention() {
    let names = Self.metrics().map(\.name)
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(name.hasPrefix("voxgate_"), "\(name)")
      #expect(name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(name)")
    }
  }

  @Test func countersEndInTotalAndOthersDoNot() {
    for line in GatewayMetrics().expose().split(separator: "\n") where line.hasPrefix("# TYPE ") {
      let words = line.split(separator: " ")
      #expect(words[2].hasSuffix("_total") == (words[3] == "counter"), "\(line)")
      if words[3] == "histogram" { #expect(words[2].hasSuffix("_seconds"), "\(line)") }
    }
  }

  @Test func everyLineIsWellFormed() throws {
    let metrics = GatewayMetrics()
    metrics.sessionsOpen("/deepgram-proxy").add()
    metrics.refusals("/a\"b\\c\nd", "rate_limited").add()
    metrics.sessionsClosed("/x", "upstream", CloseGroup.label(1000)).add()
    metrics.dialSeconds("deepgram").observe(milliseconds: 42)
    let page = metrics.expose()
    #expect(page.hasSuffix("\n"))
    let sample = try Regex(#"[a-z_]+(\{[a-z]+="([^"\\\n]|\\[\\"n])*"(,[a-z]+="([^"\\\n]|\\[\\"n])*")*\})? (-?[0-9.e+-]+|[+-]Inf|NaN)"#)
    for line in page.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(try sample.wholeMatch(in: line) != nil, "\(line)")
    }
    #expect(page.contains("voxgate_sessions_open{route=\"/deepgram-proxy\"} 1\n"))
    #expect(page.contains(#"voxgate_refusals_total{route="/a\"b\\c\nd",reason="rate_limited"} 1"# + "\n"))
    #expect(page.contains("voxgate_upstream_dial_seconds_bucket{upstream=\"deepgram\",le=\"0.05\"} 1\n"))
  }
}
