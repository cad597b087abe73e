import Logging
import Synchronization

/// The last security events, as they were logged, for whoever looks at the operator's address.
public final class RecentEvents: Sendable {
  public struct Entry: Sendable {
    public let time: Timestamp
    public let level: Logger.Level
    /// With `event`, and `session` where there is one.
    public let fields: Logger.Metadata
  }

  private struct Ring {
    var entries: [Entry] = []
    var next = 0
  }

  private let capacity: Int
  private let ring = Mutex(Ring())

  /// - Parameter capacity: most that are kept, at some 500 bytes each.
  public init(capacity: Int = 200) {
    self.capacity = max(1, capacity)
  }

  func add(_ entry: Entry) {
    ring.withLock { ring in
      if ring.entries.count < capacity {
        ring.entries.append(entry)
      } else {
        ring.entries[ring.next] = entry
        ring.next = (ring.next + 1) % capacity
      }
    }
  }

  /// The latest first.
  public var latest: [Entry] {
    ring.withLock { Array($0.entries[$0.next...] + $0.entries[..<$0.next]) }.reversed()
  }
}
