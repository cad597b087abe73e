import Synchronization

/// How long things took: seconds, counted in buckets whose bounds never change.
public final class Histogram: Sendable {
  /// Upper bounds of the buckets in seconds, ascending; what is longer falls into `+Inf`.
  public enum Buckets: Sendable {
    /// Half a millisecond to ten seconds: dialling, handshakes.
    case latency
    /// A twentieth of a second to half a minute: what vendors take to hear and to answer.
    case answer
    /// A second to a day: sessions.
    case lifetime

    public var bounds: [Double] {
      switch self {
      case .latency: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
      case .answer: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 30]
      case .lifetime: [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400]
      }
    }
  }

  public let bounds: [Double]
  /// One more than there are bounds: the last is what exceeds them all.
  private let counts: [Counter]
  private let nanoseconds = Counter()

  public init(_ buckets: Buckets) {
    bounds = buckets.bounds
    counts = buckets.bounds.map { _ in Counter() } + [Counter()]
  }

  /// Counts one observation. A negative or undefined time counts as zero: clocks are the caller's.
  public func observe(seconds: Double) {
    let seconds = seconds > 0 ? min(seconds, 1e9) : 0
    counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count].add()
    nanoseconds.add(UInt64((seconds * 1e9).rounded()))
  }

  /// Counts one observation in milliseconds, the unit of the relay's clocks.
  public func observe(milliseconds: Int64) {
    observe(seconds: Double(milliseconds) / 1000)
  }

  public func observe(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    observe(seconds: Double(seconds) + Double(attoseconds) * 1e-18)
  }

  /// How many observations there were.
  public var count: UInt64 { counts.reduce(0) { $0 + $1.value } }

  /// All observed time in seconds.
  public var sum: Double { Double(nanoseconds.value) / 1e9 }
}

extension Histogram: Series {
  public static let kind = SeriesKind.histogram

  public func expose(_ name: String, _ labels: [(String, String)], in page: inout Exposition) {
    // Each count is read once, so that the `+Inf` bucket and `_count` agree even while others count.
    var total: UInt64 = 0
    for (index, counter) in counts.enumerated() {
      total += counter.value
      let bound = index < bounds.count ? Exposition.number(bounds[index]) : "+Inf"
      page.sample(name + "_bucket", labels + [("le", bound)], total)
    }
    page.sample(name + "_sum", labels, sum)
    page.sample(name + "_count", labels, total)
  }
}
