/// How late the reactors came round to their timers: a histogram of all of them, folded when it is read.
public struct ReactorLag: Metric {
  private let summary = MetricSummary(
    "voxgate_reactor_lag_seconds", .histogram, "How late a reactor ran its timers: its thread was busy, or had no processor.")
  let reactors: ReactorList

  public var summaries: [MetricSummary] { [summary] }

  public func expose(in page: inout Exposition) {
    page.header(summary)
    let reactors = reactors.all
    var total: UInt64 = 0
    for index in 0...ReactorCounters.lagBounds.count {
      total = reactors.reduce(total) { $0 + $1.lags(index) }
      let isLast = index == ReactorCounters.lagBounds.count
      let bound = isLast ? "+Inf" : Exposition.number(Double(ReactorCounters.lagBounds[index]) / 1_000)
      page.sample(summary.name + "_bucket", [("le", bound)], total)
    }
    page.sample(summary.name + "_sum", [], Double(reactors.reduce(0) { $0 + $1.lagSum }) / 1_000)
    page.sample(summary.name + "_count", [], total)
  }
}
