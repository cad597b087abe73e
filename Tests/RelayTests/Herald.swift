import Relay
import Synchronization
import WebSocket

/// An attendant that says what it was told to, at its time and at the end.
final class Herald: Attendant {
  /// What the session has asked of it, from another thread.
  final class Diary: Sendable {
    private let noted = Mutex(0)
    var count: Int { noted.withLock { $0 } }
    func note() { noted.withLock { $0 += 1 } }
  }

  private let every: Int64?
  private let answer: Inspection
  private let last: Farewell?
  private let diary: Diary
  /// Until it is opened, and once it has been asked to hurry.
  var deadline: Int64?

  /// - Parameters:
  ///   - every: milliseconds between its deadlines; nil for none.
  ///   - answer: when one has passed.
  init(every: Int64? = nil, saying answer: Inspection = .pass, farewell: Farewell? = nil, diary: Diary = Diary()) {
    (self.every, self.answer, self.diary) = (every, answer, diary)
    last = farewell
  }

  func opened(started: Int64, now: Int64) { deadline = every.map { now + $0 } }

  func expired(now: Int64) -> Inspection {
    deadline = every.map { now + $0 }
    diary.note()
    return answer
  }

  func farewell(forGood: Bool, now: Int64) -> Farewell? { last }
}

/// An inspector that drops, hushes, replaces or passes what it is shown, by its text.
final class Censor: Inspector {
  static let end = SessionEnd(name: "test_limit", code: .tryAgainLater, reason: "Enough")

  let audio: Int64? = nil
  let rewrites = true
  private var text: [UInt8] = []

  func begin(isText: Bool) -> Bool {
    text = []
    return isText
  }

  func consume(_ run: UnsafeRawBufferPointer) { unsafe text.append(contentsOf: run) }

  func end(bytes: UInt64, now: Int64) -> Inspection {
    let text = String(decoding: text, as: UTF8.self)
    if text.hasPrefix("drop") { return .drop(tell: Array("dropped \(text.count)".utf8)) }
    if text.hasPrefix("hush") { return text == "hush" ? .hush : .several([.hush, .news(.ready)]) }
    if text.hasPrefix("both") { return .several([.tell(Array("told".utf8)), .replace(Array("replaced \(text.count)".utf8))]) }
    if text.hasPrefix("last") { return .several([.drop(tell: Array("dropped".utf8)), .finish(Self.end, tell: Array("why".utf8))]) }
    if text.hasPrefix("replace") { return .replace(Array("replaced \(text.count)".utf8)) }
    return .pass
  }
}
