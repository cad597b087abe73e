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
    let names = GatewayMetrics().summaries.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(name.hasPrefix("voxgate_") || name.hasPrefix("process_"), "\(name)")
      #expect(name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(name)")
    }
  }

  /// What a page says of a metric is what its summary says, in the same order.
  @Test func summariesAreThePage() {
    let metrics = GatewayMetrics()
    let headers = metrics.expose().split(separator: "\n").filter { $0.hasPrefix("# ") }
    let expected = metrics.summaries.flatMap { ["# HELP \($0.name) \($0.help)", "# TYPE \($0.name) \($0.kind.rawValue)"] }
    #expect(headers.map { String($0) } == expected)
    for summary in metrics.summaries { #expect(summary.help.hasSuffix("."), "\(summary.name)") }
  }

  @Test func countersEndInTotalAndOthersDoNot() {
    for line in GatewayMetrics().expose().split(separator: "\n") where line.hasPrefix("# TYPE ") {
      let words = line.split(separator: " ")
      #expect(words[2].hasSuffix("_total") == (words[3] == "counter"), "\(line)")
      if words[3] == "histogram" { #expect(words[2].hasSuffix("_seconds"), "\(line)") }
      #expect(!words[2].contains("milli"), "\(line): base units")
    }
  }

  @Test func everyLineIsWellFormed() throws {
    let metrics = GatewayMetrics()
    metrics.sessionsOpen("/deepgram-proxy").add()
    metrics.refusals("/a\"b\\c\nd", "rate_limited").add()
    metrics.sessionsClosed("/x", "upstream", "closed", CloseGroup.label(1000)).add()
    metrics.audio("/x", "up").add(nanoseconds: 1_250_000_000)
    metrics.audio("/x", "up").add(nanoseconds: -1)
    metrics.dialSeconds("deepgram").observe(milliseconds: 42)
    let page = metrics.expose()
    #expect(page.hasSuffix("\n"))
    let sample = try Regex(#"[a-z_]+(\{[a-z]+="([^"\\\n]|\\[\\"n])*"(,[a-z]+="([^"\\\n]|\\[\\"n])*")*\})? (-?[0-9.e+-]+|[+-]Inf|NaN)"#)
    for line in page.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(try sample.wholeMatch(in: line) != nil, "\(line)")
    }
    #expect(page.contains("voxgate_sessions_open{route=\"/deepgram-proxy\"} 1\n"))
    #expect(page.contains(#"voxgate_refusals_total{route="/a\"b\\c\nd",reason="rate_limited"} 1"# + "\n"))
    #expect(page.contains("voxgate_audio_seconds_total{route=\"/x\",direction=\"up\"} 1.25\n"))
    #expect(page.contains("voxgate_upstream_dial_seconds_bucket{upstream=\"deepgram\",le=\"0.05\"} 1\n"))
  }
}
