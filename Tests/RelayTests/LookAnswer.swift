import Glibc
import Synchronization
@testable import Relay

/// What a reactor answers, for a test that waits for it.
final class LookAnswer: Sendable {
  private let answer = Mutex<SessionProgress??>(nil)

  func set(_ progress: SessionProgress?) { answer.withLock { $0 = .some(progress) } }

  /// Nil also when there is no answer.
  func wait() -> SessionProgress? {
    for _ in 0..<2_000 {
      if let answer = answer.withLock({ $0 }) { return answer }
      usleep(5_000)
    }
    return nil
  }
}
