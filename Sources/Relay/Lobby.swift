import WebSocket

/// The client's side of a session whose client speaks to the gateway itself: before there is an upstream, and between two.
///
/// Every message of the client comes here whole, whether an upstream is there or not. A state machine without I/O; made and called on the
/// session's reactor thread only, so it must neither block nor take long. Times are milliseconds of the monotonic clock.
public protocol Lobby: AnyObject {
  /// Whether the client is still to say who it is; until then what it may send is bounded by ``LobbyPlan/strangerBytes``.
  var isStranger: Bool { get }
  /// When ``expired(now:)`` is due; nil for never.
  var deadline: Int64? { get }

  /// Whether the client stays when its upstream goes like this.
  func keepsClient(after detachment: LobbyDetachment, now: Int64) -> Bool

  /// The client's connection is open.
  func opened(now: Int64) -> [LobbyAction]
  func receive(_ message: Message, now: Int64) -> [LobbyAction]
  /// The answer to the question that was asked last.
  func receive(_ answer: LobbyAnswer, now: Int64) -> [LobbyAction]
  /// The upstream that was asked for is open.
  func attached(now: Int64) -> [LobbyAction]
  /// The upstream is gone, and the client stays.
  func detached(_ detachment: LobbyDetachment, now: Int64) -> [LobbyAction]
  /// The upstream has said something that matters to whoever may replace it.
  func receive(_ news: UpstreamNews, now: Int64) -> [LobbyAction]
  /// The deadline has passed.
  func expired(now: Int64) -> [LobbyAction]
}

extension Lobby {
  public func receive(_ news: UpstreamNews, now: Int64) -> [LobbyAction] { [] }
}

/// What an upstream's messages say of it, as far as a lobby should know.
public enum UpstreamNews: Sendable, Equatable {
  /// It can be spoken to.
  case ready
  /// It is at something that it will say the end of.
  case busy
  /// What the client has said is understood, and need not be said again.
  case understood
  /// The same, and it is at nothing any more.
  case settled
  /// It will go soon.
  case leaving
  /// By this, which holds until the next, another one can go on where it ends.
  case keepsake([UInt8])
}

/// What the session is to do, in this order.
public enum LobbyAction: Sendable, Equatable {
  /// Sends the client this text, between two messages of the upstream.
  case tell([UInt8])
  /// Passes the message on; without an upstream it is dropped.
  case forward(Message)
  /// Passes a message on that an earlier upstream has had already: no inspector sees it twice.
  case again(Message)
  /// Asks the control path. One question at a time.
  case ask(LobbyQuestion)
  case close(SessionEnd)
  /// Takes leave of the upstream; ``Lobby/detached(_:now:)`` follows once it has said its last.
  case relieve
  /// The lobby has nothing more to say: what follows goes straight to the upstream, for good. Only where the client does not stay without
  /// one.
  case leave
}

/// What only the control path can find out or do.
public enum LobbyQuestion: Sendable, Equatable {
  /// Whose credential is this?
  case credential(String)
  /// An upstream, please.
  case upstream
  /// The same, to take up what the one before has left.
  case successor
}

extension LobbyQuestion: CustomStringConvertible, CustomDebugStringConvertible {
  /// Without the credential.
  public var description: String {
    switch self {
    case .credential: "credential"
    case .upstream: "upstream"
    case .successor: "successor"
    }
  }
  public var debugDescription: String { description }
}

/// What comes back to a question. An upstream comes as an ``UpstreamParcel`` instead.
public enum LobbyAnswer: Sendable, Equatable {
  /// The credential is good, and the session may go on.
  case accepted
  case rejected
  /// The upstream could not be opened.
  case noUpstream
  /// The session may not go on.
  case end(SessionEnd)
}

/// How an upstream went.
public enum LobbyDetachment: Sendable, Equatable {
  /// With a Close frame of its own.
  case closed(ClosePayload)
  /// Without one, or it broke the protocol.
  case lost
  /// By the gateway's will, since a rule says so.
  case dismissed
  /// By the gateway's will, since the lobby asked for it.
  case relieved
}

/// What a reactor needs for the lobby of one session.
public struct LobbyPlan: Sendable {
  /// Bytes that a client may send, and that one of its messages may become, until it is known.
  let strangerBytes: Int
  let make: @Sendable () -> any Lobby
  let ask: @Sendable (LobbyQuestion) -> Void

  /// - Parameters:
  ///   - make: called once, on the reactor's thread, which alone uses what it makes.
  ///   - ask: called on the reactor's thread, so it must only pass the question on.
  public init(strangerBytes: Int, make: @escaping @Sendable () -> any Lobby, ask: @escaping @Sendable (LobbyQuestion) -> Void) {
    self.strangerBytes = strangerBytes
    self.make = make
    self.ask = ask
  }
}
