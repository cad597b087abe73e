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

/// A metric as the exposition sees it: a name, a help text and any number of series.
public protocol Metric: Sendable {
  var name: String { get }

  func expose(in page: inout Exposition)
}
