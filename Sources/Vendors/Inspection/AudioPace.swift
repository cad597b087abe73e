/// How much audio came within a window of time.
struct AudioPace: Sendable {
  static let windowMilliseconds: Int64 = 10_000
  /// So much more may come: of a piece that began before the window, and after a network's pause.
  static let slackMilliseconds: Int64 = 1_000
  private static let slots = 20
  private static let slotMilliseconds = windowMilliseconds / Int64(slots)

  /// Nanoseconds of audio of each half second; the one under way is the last, so at most the window is counted, and at least all of it but
  /// one slot.
  private var audio = InlineArray<20, Int64>(repeating: 0)
  private var total: Int64 = 0
  private var tick: Int64 = 0

  /// Adds a piece of audio and returns how much came within the window, in nanoseconds.
  /// - Parameter now: milliseconds of a clock that never goes back.
  mutating func add(_ nanoseconds: Int64, now: Int64) -> Int64 {
    let current = now / Self.slotMilliseconds
    while tick < current {
      // After a window's silence every slot is empty.
      tick = max(tick, current - Int64(Self.slots)) + 1
      let slot = Int(tick % Int64(Self.slots))
      total -= audio[slot]
      audio[slot] = 0
    }
    // What a header claims may be any length.
    let piece = min(nanoseconds, .max - total)
    audio[Int(tick % Int64(Self.slots))] += piece
    total += piece
    return total
  }
}
