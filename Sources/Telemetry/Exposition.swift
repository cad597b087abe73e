/// A page in the Prometheus text format, version 0.0.4.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>
public struct Exposition: Sendable {
  /// The `Content-Type` of a page.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The page so far; every line ends in a line feed, as the format demands of the last one too.
  public private(set) var text = ""

  public init() {}

  /// `# HELP` and `# TYPE`, which come once, before a metric's samples.
  public mutating func header(_ metric: MetricSummary) {
    text += "# HELP \(metric.name) \(Self.escape(metric.help, quotes: false))\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
  }

  public mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some BinaryInteger) {
    line(name, labels, String(value))
  }

  public mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
    line(name, labels, Self.number(value))
  }

  private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
    text += name
    if !labels.isEmpty {
      text += "{"
      text += labels.map { "\($0.0)=\"\(Self.escape($0.1, quotes: true))\"" }.joined(separator: ",")
      text += "}"
    }
    text += " \(value)\n"
  }

  /// Go's spelling of a float, which the format asks for.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Backslash and line feed are escaped everywhere, the double quote in label values only.
  static func escape(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
