import JSON
import Relay

/// Answers messages of the upstream by their type, as the route says. Lives on a reactor's thread.
final class ReplyInspector: Inspector {
  /// What is said to the upstream when a message of a type comes from it.
  struct Reply: Sendable, Equatable {
    let type: String
    let text: [UInt8]
  }

  /// Longer messages, such as audio, are none that are answered.
  private static let longest = 4 << 10

  private let replies: [Reply]
  /// Whoever else looks at what the upstream sends.
  private let next: (any Inspector)?
  private var message: [UInt8] = []
  private var isWanted = false
  private var isNextShown = false

  init(_ replies: [Reply], before next: (any Inspector)?) {
    self.replies = replies
    self.next = next
  }

  var audio: Int64? { next?.audio }

  func begin(isText: Bool) -> Bool {
    message.removeAll(keepingCapacity: true)
    isWanted = isText
    isNextShown = next?.begin(isText: isText) ?? false
    return isText || isNextShown
  }

  func consume(_ run: UnsafeRawBufferPointer) {
    if isNextShown { unsafe next?.consume(run) }
    guard isWanted else { return }
    if message.count + run.count > Self.longest { isWanted = false } else { unsafe message.append(contentsOf: run) }
  }

  func end(bytes: UInt64, now: Int64) -> Inspection {
    let result = next?.end(bytes: bytes, now: now) ?? .pass
    guard result == .pass, isWanted, let object = (try? JSONValue.parse(message))?.objectValue else { return result }
    let type = object["type"]?.stringValue
    return replies.first { $0.type == type }.map { .reply($0.text) } ?? .pass
  }
}
