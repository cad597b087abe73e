import Relay
import Synchronization
import WebSocket

/// An inspector that notes what it is shown, and answers as it was told to.
final class Observer: Inspector {
  /// A message as it went past.
  struct Seen: Equatable {
    let isText: Bool
    let payload: [UInt8]
    let size: UInt64
    let time: Int64
  }

  /// What observers on another thread have seen.
  final class Diary: Sendable {
    private let pages = Mutex<[Seen]>([])
    var seen: [Seen] { pages.withLock { $0 } }
    func note(_ seen: Seen) { pages.withLock { $0.append(seen) } }
  }

  private(set) var seen: [Seen] = []
  /// Calls that no message should cause: payload that was not asked for, or behind an end.
  private(set) var faults = 0
  private let answers: [Int: Inspection]
  private let shows: (Int) -> Bool
  private let diary: Diary?
  let audio: Int64?
  private var isText = false
  private var isShown = false
  private var isOpen = false
  private var payload: [UInt8] = []

  /// - Parameters:
  ///   - answers: to messages, by their number; the others pass.
  ///   - shows: whether the payload of a message is wanted.
  init(_ answers: [Int: Inspection] = [:], audio: Int64? = nil, diary: Diary? = nil, shows: @escaping (Int) -> Bool = { _ in true }) {
    self.answers = answers
    self.audio = audio
    self.diary = diary
    self.shows = shows
  }

  func begin(isText: Bool) -> Bool {
    if isOpen { faults += 1 }
    isOpen = true
    self.isText = isText
    isShown = shows(seen.count)
    return isShown
  }

  func consume(_ run: UnsafeRawBufferPointer) {
    if !isOpen || !isShown { faults += 1 }
    unsafe payload.append(contentsOf: run)
  }

  func end(bytes: UInt64, now: Int64) -> Inspection {
    if !isOpen { faults += 1 }
    isOpen = false
    let message = Seen(isText: isText, payload: payload, size: bytes, time: now)
    payload = []
    defer { seen.append(message) }
    diary?.note(message)
    return answers[seen.count] ?? .pass
  }
}

extension Message {
  var bytes: [UInt8] {
    switch self {
    case .text(let text): Array(text.utf8)
    case .binary(let bytes): bytes
    }
  }

  /// The message as an observer sees it.
  func seen(shown: Bool = true, at time: Int64 = 0) -> Observer.Seen {
    var isText = false
    if case .text = self { isText = true }
    return Observer.Seen(isText: isText, payload: shown ? bytes : [], size: UInt64(bytes.count), time: time)
  }
}
