/// The reference of the metrics as Markdown, from the declarations that the page is made of.
public enum MetricsTable {
  public static func markdown(_ metrics: [MetricSummary]) -> String {
    var text = "| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n"
    for metric in metrics {
      let labels = metric.labels.map { "`\($0)`" }.joined(separator: " ")
      text += "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.unit) | \(labels) | \(cell(metric.help)) |\n"
    }
    return text
  }

  private static func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
