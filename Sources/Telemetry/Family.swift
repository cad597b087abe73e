import Synchronization

/// The series of one metric, told apart by label values.
///
/// The number of series is bounded: values beyond the limit are counted together under `other`. So a label whose values somebody outside
/// can choose costs precision, never memory. A look-up takes a lock; what counts often keeps the series it found.
public final class Family<Member: Series>: Metric {
  public let name: String
  public let help: String
  public let labels: [String]
  /// Most series that this family will ever have, `other` not counted.
  public let limit: Int
  private let make: @Sendable () -> Member
  private let members = Mutex<[[String]: Member]>([:])

  init(_ name: String, _ help: String, labels: [String], limit: Int = 2000, make: @escaping @Sendable () -> Member) {
    self.name = name
    self.help = help
    self.labels = labels
    self.limit = limit
    self.make = make
    // A metric without labels has its one series from the start, so that a scrape shows the zero.
    if labels.isEmpty { members.withLock { $0[[]] = make() } }
  }

  /// The series of these label values, in the order of ``labels``.
  public func callAsFunction(_ values: String...) -> Member {
    assert(values.count == labels.count, "metric \(name) has \(labels.count) labels, \(values.count) given")
    return members.withLock { members in
      if let found = members[values] { return found }
      let key = members.count < limit ? values : values.map { _ in "other" }
      if let found = members[key] { return found }
      let made = make()
      members[key] = made
      return made
    }
  }

  public var summaries: [MetricSummary] { [summary] }

  private var summary: MetricSummary { MetricSummary(name, Member.kind, labels: labels, help) }

  public func expose(in page: inout Exposition) {
    let all = members.withLock { Array($0) }
    page.header(summary)
    for (values, member) in all.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      member.expose(name, Array(zip(labels, values)), in: &page)
    }
  }
}

extension Family where Member == Counter {
  convenience init(_ name: String, _ help: String, _ labels: String..., limit: Int = 2000) {
    self.init(name, help, labels: labels, limit: limit) { Counter() }
  }
}

extension Family where Member == TimeCounter {
  convenience init(_ name: String, _ help: String, _ labels: String..., limit: Int = 2000) {
    self.init(name, help, labels: labels, limit: limit) { TimeCounter() }
  }
}

extension Family where Member == Gauge {
  convenience init(_ name: String, _ help: String, _ labels: String..., limit: Int = 2000) {
    self.init(name, help, labels: labels, limit: limit) { Gauge() }
  }
}

extension Family where Member == Histogram {
  convenience init(_ name: String, _ help: String, _ buckets: Histogram.Buckets, _ labels: String..., limit: Int = 2000) {
    self.init(name, help, labels: labels, limit: limit) { Histogram(buckets) }
  }
}
