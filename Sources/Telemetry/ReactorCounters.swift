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

  public func bytes(_ direction: Direction) -> UInt64 { direction == .up ? upBytes.value : downBytes.value }

  public func messages(_ direction: Direction) -> UInt64 { direction == .up ? upMessages.value : downMessages.value }

  public var pauses: UInt64 { pauseCount.value }

  public var wakeUps: UInt64 { wakeUpCount.value }
}
