/// What one compressed message may become, so that a small one cannot fill the memory or the time of its receiver.
///
/// Counted per message and checked while it is inflated. Many small messages with a high ratio each are the business of a byte rate, not
/// of these limits: with context takeover a repeated text of a few kilobytes honestly shrinks to a few bytes.
public struct DeflateLimits: Sendable, Equatable {
  /// Most bytes of a message, inflated; 0 is no limit.
  public let maximumMessage: Int
  /// Most inflated bytes for each compressed one; 0 is no limit. Deflate itself ends at 1032.
  public let maximumRatio: Int
  /// Inflated bytes of a message up to which the ratio is not looked at.
  public let ratioFloor: Int

  public init(maximumMessage: Int = 16 << 20, maximumRatio: Int = 100, ratioFloor: Int = 64 << 10) {
    self.maximumMessage = max(0, maximumMessage)
    self.maximumRatio = min(max(0, maximumRatio), 1 << 16)
    self.ratioFloor = max(0, ratioFloor)
  }

  /// Most bytes of a message as it may travel where it must not become more than `maximumMessage`: an eighth more, since deflate adds to
  /// what it cannot make smaller. 0 is no limit.
  public static func wireLimit(_ maximumMessage: UInt64) -> UInt64 {
    maximumMessage == 0 ? 0 : maximumMessage &+ maximumMessage >> 3 &+ 64
  }

  /// Judges a message by what has come of it.
  ///
  /// - Throws: `messageTooBig`, which closes with 1009.
  func check(inflated: Int, compressed: Int) throws(ProtocolViolation) {
    guard maximumMessage == 0 || inflated <= maximumMessage else { throw .messageTooBig }
    guard maximumRatio == 0 || inflated <= ratioFloor || inflated <= maximumRatio * max(1, compressed) else { throw .messageTooBig }
  }
}
