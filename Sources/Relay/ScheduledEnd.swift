/// An end that is due later, so that a drain does not close everybody at once, nor anybody in the middle of a turn.
final class ScheduledEnd {
  let end: SessionEnd
  /// At the latest.
  let due: Int64
  /// A session that is between two turns may end from here on.
  let earliest: Int64
  /// Milliseconds of silence that stand for the end of a turn; nil leaves the session until it is due.
  let idle: Int64?

  init(_ end: SessionEnd, due: Int64, earliest: Int64, idle: Int64?) {
    self.end = end
    self.due = due
    self.earliest = earliest
    self.idle = idle
  }

  /// When it is due for a session that has been between two turns since then; nil for one in the middle of a turn.
  func due(quietSince: Int64?) -> Int64 {
    guard let idle, let quietSince else { return due }
    return min(due, max(earliest, quietSince + idle))
  }

  /// When to look again: a turn may end meanwhile.
  func nextLook(quietSince: Int64?, now: Int64) -> Int64 {
    min(due(quietSince: quietSince), idle.map { max(now, earliest) + $0 } ?? .max)
  }
}

extension RelaySession {
  /// Since when nobody has said anything; nil while the client waits for an answer: an upstream that thinks is silent, too.
  /// Without an upstream there is none to come.
  var quietSince: Int64? { isAwaitingAnswer && desk?.isOpen ?? true ? nil : max(downstream.lastData, upstream.lastData) }

  /// A turn is over, as far as somebody can tell. A session that is to end does so here, rather than in the middle of its next turn.
  func turnEnded() {
    guard let scheduledEnd, ending == nil, unsafe loop.now >= scheduledEnd.earliest else { return }
    end(scheduledEnd.end)
  }
}
