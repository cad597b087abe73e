import Synchronization

/// A number that only grows, shared by all threads.
///
/// Relaxed ordering throughout the module: a metric is read on its own and orders nothing else.
public final class Counter: Sendable {
  private let stored = Atomic<UInt64>(0)

  public init() {}

  public func add(_ count: UInt64 = 1) {
    stored.wrappingAdd(count, ordering: .relaxed)
  }

  public var value: UInt64 { stored.load(ordering: .relaxed) }
}

extension Counter: Series {
  public static let kind = SeriesKind.counter

  public func expose(_ name: String, _ labels: [(String, String)], in page: inout Exposition) {
    page.sample(name, labels, value)
  }
}
