/// In which order a session's upstreams are tried, and how long each may take. A value without I/O.
///
/// There are places (endpoints of the upstream, then of its fallbacks) and one time for all. A place may take its share of what is left, so
/// that a silent one leaves time for those after it; the last has all the rest. Times are nanoseconds of a clock that never goes back.
struct DialPlan: Sendable, Equatable {
  struct Step: Sendable, Equatable {
    /// Of the place.
    let index: Int
    let deadline: UInt64
  }

  private let places: Int
  private let deadline: UInt64
  private var index = 0
  private var deadlineHere: UInt64?
  private var triesHere = 0

  /// Tries at one place, each with another credential.
  static let triesAtOnePlace = 8

  /// - Parameter budget: nanoseconds for all of it.
  init(places: Int, budget: UInt64, now: UInt64) {
    self.places = places
    let (end, overflow) = now.addingReportingOverflow(budget)
    deadline = overflow ? .max : end
  }

  /// What to try now; nil when there is nothing more, or no time.
  mutating func next(now: UInt64) -> Step? {
    guard index < places, now < deadline else { return nil }
    triesHere += 1
    let end = deadlineHere ?? (now + (deadline - now) / UInt64(places - index))
    deadlineHere = end
    return Step(index: index, deadline: end)
  }

  /// Goes on after a failure; the next step is at the same place, at another, or nowhere.
  mutating func failed(_ next: DialVerdict.Next, now: UInt64) {
    switch next {
    case .nowhere: index = places
    case .samePlace where triesHere < Self.triesAtOnePlace && deadlineHere.map { now < $0 } ?? true: break
    case .samePlace, .otherPlace: skip()
    }
  }

  /// Leaves a place out.
  mutating func skip() {
    index += 1
    deadlineHere = nil
    triesHere = 0
  }
}
