/// Where a session is in its turns, and how long answers take.
struct TurnWatch: Sendable, Equatable {
  /// A vendor that has sent no audio for this long does not speak any more.
  private static let pause: Int64 = 1_000

  /// Whether the vendor says when the client has ended: by a message of its own, or by the words that it has heard.
  let marksSpeech: Bool
  private(set) var isUnderWay = false
  private var lastAnswer: Int64?
  /// When what is still to be answered had ended.
  private var asked: Int64?

  init(marksSpeech: Bool) { self.marksSpeech = marksSpeech }

  /// Something of a turn has come; whether it is the first of it.
  mutating func begin() -> Bool {
    defer { isUnderWay = true }
    return !isUnderWay
  }

  mutating func end() { isUnderWay = false }

  /// The client has said all of it.
  mutating func speechEnded(now: Int64) { asked = now }

  /// Audio of the client. With an open microphone it goes on while nobody speaks, so it says something only of vendors that mark nothing.
  mutating func clientAudio(now: Int64) {
    guard !marksSpeech, lastAnswer.map({ now - $0 > Self.pause }) ?? true else { return }
    asked = now
  }

  /// Audio of the vendor; how long after the question, where it begins an answer.
  mutating func vendorAudio(now: Int64) -> Int64? {
    lastAnswer = now
    defer { asked = nil }
    return asked.map { now - $0 }
  }
}
