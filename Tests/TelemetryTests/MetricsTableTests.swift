import FoundationEssentials
import Glibc
import TestSupport
import Testing
@testable import Telemetry

@Suite struct MetricsTableTests {
  private static let path = Repository.root + "Docs/Metrics.md"
  private static let heading = "\n## All metrics\n\n"

  /// The table of the page is what the declarations say. Written anew with `VOXGATE_WRITE_DOCS=1 swift test --filter MetricsTableTests`.
  @Test func thePageIsWhatTheDeclarationsSay() throws {
    let page = try String(contentsOfFile: Self.path, encoding: .utf8)
    let head = try #require(page.firstRange(of: Self.heading), "the page has no heading for the table")
    let table = MetricsTable.markdown(GatewayMetrics().summaries)
    if unsafe getenv("VOXGATE_WRITE_DOCS") != nil {
      try (page[..<head.upperBound] + table).write(toFile: Self.path, atomically: false, encoding: .utf8)
    }
    #expect(try String(contentsOfFile: Self.path, encoding: .utf8).hasSuffix(Self.heading + table), "Docs/Metrics.md differs")
  }

  /// What a label may be is said for every label there is.
  @Test func everyLabelIsExplained() throws {
    let page = try String(contentsOfFile: Self.path, encoding: .utf8)
    for metric in GatewayMetrics().summaries {
      for label in metric.labels { #expect(page.contains("\n| `\(label)` |"), "\(metric.name): \(label)") }
    }
  }

  @Test func writesOneLineEach() {
    let metrics = [
      MetricSummary("voxgate_x_bytes_total", .counter, labels: ["a", "b"], "One | two."), MetricSummary("voxgate_y", .gauge, "Three."),
      MetricSummary("voxgate_z_seconds", .histogram, "Four."),
    ]
    #expect(
      MetricsTable.markdown(metrics) == """
        | name | type | unit | labels | meaning |
        |---|---|---|---|---|
        | `voxgate_x_bytes_total` | counter | bytes | `a` `b` | One \\| two. |
        | `voxgate_y` | gauge |  |  | Three. |
        | `voxgate_z_seconds` | histogram | seconds |  | Four. |

        """)
  }
}
