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
  /// Whether messages that are shown may ever be dropped or replaced.
  var rewrites: Bool { get }
  /// Whether the message that has just begun may be: it is gathered then, and goes on in one piece. Only where ``rewrites``.
  var gathers: Bool { get }
}

extension Inspector {
  public var rewrites: Bool { false }
  public var gathers: Bool { rewrites }
}

/// What becomes of a message that was looked at.
public enum Inspection: Sendable, Equatable {
  case pass
  /// It goes on, and the client is told this text between two messages.
  case tell([UInt8])
  /// It goes on, and the end it came from is sent this text between two messages.
  case reply([UInt8])
  /// It goes on, and the attendant's deadline may be sooner than it was.
  case wake
  /// It goes on, and a turn is over with it: a session that is to end ends here rather than in its next one.
  case rest
  /// It goes on, and it was the answer to the attendant's farewell: there is nothing more to wait for.
  case parted
  /// So many of the others in this order, but for ``end(_:tell:)``.
  case several([Inspection])
  /// This goes on in its place. Only of an inspector that gathers.
  case replace([UInt8])
  /// It does not go on, and the client is told this text. Only of an inspector that gathers.
  case drop(tell: [UInt8])
  /// It does not go on, and nobody is told. Only of an inspector that gathers.
  case hush
  /// It goes on, and the lobby hears of it.
  case news(UpstreamNews)
  /// It goes on, and then the upstream is let go: where the client stays without one it is told how it went, else the session ends so.
  case leave(SessionEnd, LobbyDetachment)
  /// It goes on, and then the session is over: the client hears the text, if there is one, and the Close.
  case finish(SessionEnd, tell: [UInt8]?)
  /// It stays incomplete at the other end, and the session is over: the client hears the text, if there is one, and the Close.
  case end(SessionEnd, tell: [UInt8]?)
}

extension Inspection {
  /// What becomes of a message that was gathered.
  enum Fate: Equatable {
    case passes
    case stays
    case isReplaced([UInt8])
  }

  var fate: Fate {
    switch self {
    case .drop, .hush, .end: .stays
    case .replace(let bytes): .isReplaced(bytes)
    case .several(let results): results.lazy.map(\.fate).first { $0 != .passes } ?? .passes
    default: .passes
    }
  }
}

/// The two inspectors of a session, and who speaks in it for the gateway; nil where nobody does.
public struct Inspectors {
  public var downstream: (any Inspector)?
  public var upstream: (any Inspector)?
  public var attendant: (any Attendant)?

  /// - Parameters:
  ///   - downstream: for what the client sends.
  ///   - upstream: for what the upstream sends.
  public init(
    downstream: (any Inspector)? = nil, upstream: (any Inspector)? = nil, attendant: (any Attendant)? = nil
  ) {
    self.downstream = downstream
    self.upstream = upstream
    self.attendant = attendant
  }
}
