/// The moments at which messages are due: every session one per interval, the sessions spread evenly over it. Nanoseconds.
struct Pacer {
  private let start: Int64
  private let interval: Int64
  private let sessions: Int
  private var position = 0

  init(start: Int64, interval: Int64, sessions: Int) {
    self.start = start
    self.interval = interval
    self.sessions = sessions
  }

  /// When message `number` (from 0) of a session is due. Latency counts from here, not from when the generator got round to
  /// sending it: a stall must show in every message that it delays.
  func due(session: Int, number: Int) -> Int64 {
    start + Int64(number) * interval + Int64(session) * interval / Int64(sessions)
  }

  var nextDue: Int64 { due(session: position % sessions, number: position / sessions) }

  /// The session whose message is due by `now`, if any.
  mutating func next(by now: Int64) -> Int? {
    guard nextDue <= now else { return nil }
    defer { position += 1 }
    return position % sessions
  }
}
