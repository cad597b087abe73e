import NIOCore
import Synchronization

/// When one dial got how far. Where several addresses are tried, the last one counts.
final class DialTimes: Sendable {
  /// What has to be done, in its order.
  enum Step: Int, Sendable, CaseIterable {
    case dns, tcp, tls, upgrade
  }

  private let began = NIODeadline.now()
  private let marks = Mutex<[Step: NIODeadline]>([:])

  /// The step is done.
  func mark(_ step: Step) {
    marks.withLock { marks in
      // Another address begins again.
      for later in Step.allCases where later.rawValue > step.rawValue { marks[later] = nil }
      marks[step] = .now()
    }
  }

  /// How long the step took since the one before it; nil where it was not done.
  func duration(of step: Step) -> Duration? {
    marks.withLock { marks in
      guard let end = marks[step] else { return nil }
      let before = Step.allCases.last { $0.rawValue < step.rawValue && marks[$0] != nil }
      return .nanoseconds((end - (before.flatMap { marks[$0] } ?? began)).nanoseconds)
    }
  }

  func isDone(_ step: Step) -> Bool { marks.withLock { $0[step] != nil } }
}
