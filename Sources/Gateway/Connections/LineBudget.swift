import Synchronization

/// How many lines a second may tell of something that anybody can cause.
final class LineBudget: Sendable {
  private let most: Int
  private let spent = Mutex<(second: UInt64, lines: Int)>((0, 0))

  /// - Parameter most: lines in each second.
  init(most: Int = 10) {
    self.most = most
  }

  /// Whether one more line may be written.
  ///
  /// - Parameter now: nanoseconds of a clock that does not go back.
  func take(now: UInt64) -> Bool {
    let second = now / 1_000_000_000
    return spent.withLock { spent in
      if spent.second != second { spent = (second, 0) }
      spent.lines += 1
      return spent.lines <= most
    }
  }
}
