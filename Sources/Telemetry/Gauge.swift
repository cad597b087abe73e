import Synchronization

/// A number that goes up and down, shared by all threads.
public final class Gauge: Sendable {
  private let stored = Atomic<Int64>(0)

  public init() {}

  public func add(_ change: Int64 = 1) {
    stored.wrappingAdd(change, ordering: .relaxed)
  }

  public func subtract(_ change: Int64 = 1) {
    stored.wrappingSubtract(change, ordering: .relaxed)
  }

  public func set(_ value: Int64) {
    stored.store(value, ordering: .relaxed)
  }

  public var value: Int64 { stored.load(ordering: .relaxed) }
}

extension Gauge: Series {
  public static let kind = SeriesKind.gauge

  public func expose(_ name: String, _ labels: [(String, String)], in page: inout Exposition) {
    page.sample(name, labels, value)
  }
}
