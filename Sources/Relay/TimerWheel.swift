/// A hashed timer wheel: coarse, cheap to arm, never cancelled.
///
/// Whoever is woken looks at its own clocks and arms again. What was armed before something sooner is still handed out: its owner must
/// tell it from what it waits for, by ``moment(for:)``, or there would be more of it with every look.
struct TimerWheel {
  /// Milliseconds per slot; no deadline fires earlier than asked, nor later than one slot after.
  static let tick: Int64 = 64
  private static let slots = 1024

  private var wheel: [[UInt64]] = Array(repeating: [], count: slots)
  private var current: Int64
  private var armed = 0

  init(now: Int64) {
    current = now / Self.tick
  }

  /// Whether anything waits; when nothing does, the reactor sleeps without a time-out.
  var isEmpty: Bool { armed == 0 }

  /// Wakes `id` at `deadline` milliseconds, or at the wheel's horizon (about a minute) if that is sooner.
  mutating func arm(_ id: UInt64, at deadline: Int64) {
    wheel[Int(slot(for: deadline) % Int64(Self.slots))].append(id)
    armed += 1
  }

  /// When what is armed for `deadline` is handed out.
  func moment(for deadline: Int64) -> Int64 { slot(for: deadline) * Self.tick }

  private func slot(for deadline: Int64) -> Int64 { min(max(deadline / Self.tick + 1, current + 1), current + Int64(Self.slots - 1)) }

  /// When the wheel wants to be advanced; nil when nothing waits.
  var nextTick: Int64? { isEmpty ? nil : (current + 1) * Self.tick }

  /// Milliseconds until then.
  func untilNextTick(now: Int64) -> Int32 {
    Int32(truncatingIfNeeded: max(1, (current + 1) * Self.tick - now))
  }

  /// The ids that are due at `now`, each as often as it was armed.
  mutating func advance(to now: Int64) -> [UInt64] {
    let target = now / Self.tick
    guard target > current else { return [] }
    var due: [UInt64] = []
    // A thread that slept longer than the wheel is long finds every slot due once.
    let first = max(current + 1, target - Int64(Self.slots) + 1)
    for tick in first...target {
      let slot = Int(tick % Int64(Self.slots))
      guard !wheel[slot].isEmpty else { continue }
      due.append(contentsOf: wheel[slot])
      wheel[slot] = []
    }
    current = target
    armed -= due.count
    return due
  }
}
