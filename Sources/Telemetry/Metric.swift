/// What a metric is to a reader of the exposition.
public enum SeriesKind: String, Sendable {
  case counter, gauge, histogram
}

/// One time series: a counter, gauge or histogram.
public protocol Series: AnyObject, Sendable {
  static var kind: SeriesKind { get }

  /// Writes the samples of this series.
  func expose(_ name: String, _ labels: [(String, String)], in page: inout Exposition)
}

/// What a reader of a page has to know of a metric before there is a page.
public struct MetricSummary: Sendable, Equatable {
  public let name: String
  public let kind: SeriesKind
  public let labels: [String]
  /// What it counts, in a sentence.
  public let help: String

  public init(_ name: String, _ kind: SeriesKind, labels: [String] = [], _ help: String) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }

  /// The base unit that the name ends in, by Prometheus' convention.
  public var unit: String {
    let name = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
    return ["seconds", "bytes"].first { name.hasSuffix("_\($0)") } ?? ""
  }
}

/// Metrics as the exposition sees them: usually one, with any number of series.
public protocol Metric: Sendable {
  /// What it exposes, in the order of the page.
  var summaries: [MetricSummary] { get }

  func expose(in page: inout Exposition)
}
