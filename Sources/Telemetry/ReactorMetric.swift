import Synchronization

/// One number of all reactors, folded when it is read.
public struct ReactorMetric: Metric {
  public let name: String
  let help: String
  /// The label of the series, or nil for a metric of one series.
  let label: String?
  let reactors: ReactorList
  /// Label value and number of each series, of one reactor.
  let read: @Sendable (ReactorCounters) -> [(String, UInt64)]

  public var summaries: [MetricSummary] { [summary] }

  private var summary: MetricSummary { MetricSummary(name, .counter, labels: label.map { [$0] } ?? [], help) }

  public func expose(in page: inout Exposition) {
    page.header(summary)
    var totals = read(ReactorCounters())
    for reactor in reactors.all {
      for (index, one) in read(reactor).enumerated() { totals[index].1 &+= one.1 }
    }
    for (value, total) in totals { page.sample(name, label.map { [($0, value)] } ?? [], total) }
  }
}

/// The reactors of the process, in the order they were started.
public final class ReactorList: Sendable {
  private let list = Mutex<[ReactorCounters]>([])

  /// Makes the counters of one more reactor.
  public func make() -> ReactorCounters {
    let counters = ReactorCounters()
    list.withLock { $0.append(counters) }
    return counters
  }

  var all: [ReactorCounters] { list.withLock { $0 } }
}
