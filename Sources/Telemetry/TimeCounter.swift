import Synchronization

/// An amount of time that only grows, shared by all threads; exposed in seconds.
public final class TimeCounter: Sendable {
  private let nanoseconds = Atomic<UInt64>(0)

  public init() {}

  /// Nothing is added for a negative amount.
  public func add(nanoseconds count: Int64) {
    nanoseconds.wrappingAdd(UInt64(max(0, count)), ordering: .relaxed)
  }

  public var seconds: Double { Double(nanoseconds.load(ordering: .relaxed)) / 1e9 }
}

extension TimeCounter: Series {
  public static let kind = SeriesKind.counter

  public func expose(_ name: String, _ labels: [(String, String)], in page: inout Exposition) {
    page.sample(name, labels, seconds)
  }
}
