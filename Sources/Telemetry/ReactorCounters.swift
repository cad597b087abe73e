import Synchronization

/// A counter with one writer: its thread loads, adds and stores, which is a plain add, without the bus lock of a read-modify-write.
struct OwnedCounter: ~Copyable, Sendable {
  private let stored = Atomic<UInt64>(0)

  /// Only ever called by the one thread that owns the counter.
  @inline(__always)
  func add(_ count: UInt64) {
    stored.store(stored.load(ordering: .relaxed) &+ count, ordering: .relaxed)
  }

  /// From any thread; may be a moment old.
  var value: UInt64 { stored.load(ordering: .relaxed) }
}

/// What one reactor counts while it relays. Only the reactor's own thread writes; a scrape reads and folds all reactors.
public final class ReactorCounters: Sendable {
  /// Which way data flows through a session.
  public enum Direction: String, Sendable, CaseIterable {
    /// From the client to the vendor.
    case up
    /// From the vendor to the client.
    case down
  }

  // Neighbours on the heap belong to other threads: a cache line (two, for the adjacent-line prefetcher) keeps them off ours.
  private let before = InlineArray<16, UInt64>(repeating: 0)
  private let upBytes = OwnedCounter()
  private let upMessages = OwnedCounter()
  private let downBytes = OwnedCounter()
  private let downMessages = OwnedCounter()
  private let pauseCount = OwnedCounter()
  private let wakeUpCount = OwnedCounter()
  private let lagMilliseconds = OwnedCounter()
  // The last is what exceeds all bounds.
  private let lagCounts = InlineArray<11, OwnedCounter> { _ in OwnedCounter() }
  private let after = InlineArray<16, UInt64>(repeating: 0)

  public init() {}

  /// Counts bytes read from a leg and whole data messages seen in them.
  @inline(__always)
  public func count(_ direction: Direction, bytes: UInt64, messages: UInt64) {
    switch direction {
    case .up:
      upBytes.add(bytes)
      upMessages.add(messages)
    case .down:
      downBytes.add(bytes)
      downMessages.add(messages)
    }
  }

  /// Counts one time that reading stopped because the other leg would not take more.
  @inline(__always)
  public func paused() { pauseCount.add(1) }

  /// Counts one return from waiting for events.
  @inline(__always)
  public func wokeUp() { wakeUpCount.add(1) }

  /// Upper bounds of what ``lag(milliseconds:)`` is counted under.
  static let lagBounds: InlineArray<10, Int64> = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]

  /// Counts one time that the thread came round to its timers, and how late that was.
  public func lag(milliseconds: Int64) {
    var index = 0
    while index < Self.lagBounds.count, milliseconds > Self.lagBounds[index] { index += 1 }
    lagCounts[index].add(1)
    lagMilliseconds.add(UInt64(max(0, milliseconds)))
  }

  /// How often the lag was within each bound and beyond the one before, and beyond them all.
  func lags(_ index: Int) -> UInt64 { lagCounts[index].value }

  /// All lag in milliseconds.
  var lagSum: UInt64 { lagMilliseconds.value }

  public func bytes(_ direction: Direction) -> UInt64 { direction == .up ? upBytes.value : downBytes.value }

  public func messages(_ direction: Direction) -> UInt64 { direction == .up ? upMessages.value : downMessages.value }

  public var pauses: UInt64 { pauseCount.value }

  public var wakeUps: UInt64 { wakeUpCount.value }
}
