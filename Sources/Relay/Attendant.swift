/// Speaks for the gateway to one upstream of a session, and ends the session in time.
///
/// Made and called on the session's reactor thread only, so it must neither block nor take long. Times are milliseconds of the monotonic
/// clock. What it says goes out between two messages of the client.
public protocol Attendant: AnyObject {
  /// When ``expired(now:)`` is due; nil for never. It may become later at any time; where it becomes sooner, an inspector says
  /// ``Inspection/wake``.
  var deadline: Int64? { get }

  /// The upstream is there.
  ///
  /// - Parameter started: when the session began.
  func opened(started: Int64, now: Int64)
  /// The deadline has passed. The answer is obeyed as if it were about a message of the upstream.
  func expired(now: Int64) -> Inspection
  /// What the upstream is to hear before its Close; nil for nothing. Asked once at most, and not where the upstream has closed itself.
  ///
  /// - Parameter forGood: whether the session ends with it; else another upstream takes its place.
  func farewell(forGood: Bool, now: Int64) -> Farewell?
}

/// What an upstream hears before its Close, so that nothing is lost of what it still had to say.
public struct Farewell: Sendable, Equatable {
  /// Texts, in this order.
  public var texts: [[UInt8]]
  /// Milliseconds that the Close waits for ``Inspection/parted``; 0 for none.
  public var patience: Int64

  public init(_ texts: [[UInt8]], patience: Int64 = 0) {
    self.texts = texts
    self.patience = patience
  }
}
