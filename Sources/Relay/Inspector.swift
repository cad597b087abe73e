import WebSocket

/// Looks at the messages of one direction of a session before they become whole at the other end.
///
/// Made and called on the session's reactor thread only, so it must neither block nor take long.
public protocol Inspector: AnyObject {
  /// A message begins.
  ///
  /// - Returns: whether its payload is to be shown.
  func begin(isText: Bool) -> Bool
  /// The next bytes of the message: unmasked and inflated, cut anywhere.
  func consume(_ run: UnsafeRawBufferPointer)
  /// The message is over, and its last bytes have not been forwarded.
  ///
  /// - Parameters:
  ///   - bytes: of payload, inflated.
  ///   - now: milliseconds of the monotonic clock.
  func end(bytes: UInt64, now: Int64) -> Inspection
  /// Audio that has passed, in nanoseconds; nil where none is looked for.
  var audio: Int64? { get }
}

/// What becomes of a message that was looked at.
public enum Inspection: Sendable, Equatable {
  case pass
  /// It goes on, and the client is told this text between two messages.
  case tell([UInt8])
  /// It goes on, and the end it came from is sent this text between two messages.
  case reply([UInt8])
  /// It stays incomplete at the other end, and the session is over: the client hears the text, if there is one, and the Close.
  case end(SessionEnd, tell: [UInt8]?)
}

/// The two inspectors of a session; nil where nothing looks.
public struct Inspectors {
  public var downstream: (any Inspector)?
  public var upstream: (any Inspector)?

  /// - Parameters:
  ///   - downstream: for what the client sends.
  ///   - upstream: for what the upstream sends.
  public init(downstream: (any Inspector)? = nil, upstream: (any Inspector)? = nil) {
    self.downstream = downstream
    self.upstream = upstream
  }
}
