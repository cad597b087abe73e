/// How a connection ends (RFC 6455 section 7), for one endpoint: who sends a Close frame when, and who ends the TCP connection.
///
/// The server ends TCP first, so that it is the client that holds no TIME_WAIT against a new connection (section 7.1.1); a client
/// waits for that, within the deadline. Times are milliseconds of any clock that does not go back.
public struct ClosingHandshake: Sendable, Equatable {
  public enum Action: Sendable, Equatable {
    case nothing
    /// Send this Close frame and read on. No data frame may follow it.
    case send(ClosePayload)
    /// Send this Close frame, then end our direction of the stream (FIN) and read until the peer's end.
    case sendAndFinish(ClosePayload)
    /// End our direction of the stream (FIN) and read until the peer's end.
    case finish
    /// Close the socket now.
    case drop
  }

  public let role: Role
  /// Milliseconds for each step that is the peer's: its Close frame, its end of the stream.
  public let timeout: Int64
  /// When to call `reachDeadline`; nil while nothing is awaited.
  public private(set) var deadline: Int64?
  /// Our Close frame was handed out to be sent.
  public private(set) var isSent = false
  /// The peer's Close frame.
  public private(set) var received: ClosePayload?
  /// The socket is to be closed, or the peer ended the stream.
  public private(set) var isOver = false
  private var hasFinished = false
  private var hasFailed = false

  public init(role: Role, timeout: Int64) {
    self.role = role
    self.timeout = timeout
  }

  /// Both Close frames have passed: "the WebSocket closing handshake is complete" (section 7.1.4).
  public var isComplete: Bool { isSent && received != nil }

  /// The connection is over and was closed cleanly (section 7.1.4).
  public var isClean: Bool { isOver && isComplete }

  /// "The WebSocket connection close code" (section 7.1.5): the peer's, 1005 for none in its frame, 1006 for no frame.
  public var code: CloseCode {
    guard let received else { return .abnormal }
    return received.code ?? .noStatus
  }

  /// This end wants to close (section 7.1.2).
  public mutating func start(_ payload: ClosePayload, now: Int64) -> Action {
    guard !isSent, !isOver else { return .nothing }
    isSent = true
    deadline = now + timeout
    return .send(payload)
  }

  /// A valid Close frame came.
  public mutating func receive(_ payload: ClosePayload, now: Int64) -> Action {
    // Section 7.1.7: an endpoint that failed the connection does not go on to process a responding Close.
    guard received == nil, !isOver, !hasFailed else { return .nothing }
    received = payload
    deadline = now + timeout
    let wasSent = isSent
    isSent = true
    hasFinished = role == .server
    switch (wasSent, role) {
    case (true, .server): return .finish
    case (true, .client): return .nothing
    // Section 5.5.1: the answer echoes the code it got.
    case (false, .server): return .sendAndFinish(payload)
    case (false, .client): return .send(payload)
    }
  }

  /// The peer broke a rule: tell it, and end without waiting for its Close (section 7.1.7).
  public mutating func fail(_ violation: ProtocolViolation, now: Int64) -> Action {
    guard !isOver, !hasFailed else { return .nothing }
    hasFailed = true
    deadline = now + timeout
    let wasSent = isSent
    let hadFinished = hasFinished
    isSent = true
    hasFinished = true
    if !wasSent { return .sendAndFinish(ClosePayload(code: violation.code, reason: violation.reason)) }
    return hadFinished ? .nothing : .finish
  }

  /// The peer ended the stream, or it was lost.
  public mutating func receiveEnd() -> Action {
    guard !isOver else { return .nothing }
    isOver = true
    deadline = nil
    return .drop
  }

  /// The clock shows `now`; what was awaited until the deadline is given up.
  public mutating func reachDeadline(now: Int64) -> Action {
    guard let deadline, now >= deadline else { return .nothing }
    return receiveEnd()
  }
}
