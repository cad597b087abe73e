import WebSocket

/// How a session ends: who began, with what, and until when. Exists from the first Close frame or loss on.
final class SessionEnding {
  let closedBy: Party
  let cause: String
  /// What the Close frame that began it says; echoed to a leg whose peer can no longer answer.
  let close: ClosePayload
  /// What a leg that broke the protocol is told in place of its peer's Close.
  var verdicts: [Party: ClosePayload] = [:]
  /// When whatever is still open is ended as it is.
  var deadline: Int64
  /// How often that may be put off for a leg that still drains.
  let drainLimit: Int64
  var pendingAtDeadline = 0
  /// The upstream's Close, while it waits for the answer to a farewell.
  var held: (close: ClosePayload, until: Int64)?

  init(closedBy party: Party, cause: String, _ close: ClosePayload, timeout: Int64, now: Int64) {
    closedBy = party
    self.cause = cause
    self.close = close
    deadline = now + timeout
    // Somebody who takes a byte now and then must not hold a session for ever.
    drainLimit = now + 10 * timeout
  }
}
