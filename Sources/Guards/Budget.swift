/// What is left of a limit, and when there is more: the answer of a ``TokenBucket``, a ``FixedWindow`` or a ``RateGuard``.
public struct Budget: Sendable, Equatable {
  /// Whether what was asked for was granted.
  public let allowed: Bool
  /// How much a full budget is.
  public let limit: Int
  /// How much is left after this answer.
  public let remaining: Int
  /// Nanoseconds until the budget is full again.
  public let reset: UInt64
  /// Nanoseconds until the same would be granted; 0 if it was.
  public let retryAfter: UInt64

  public init(allowed: Bool, limit: Int, remaining: Int, reset: UInt64, retryAfter: UInt64) {
    self.allowed = allowed
    self.limit = limit
    self.remaining = remaining
    self.reset = reset
    self.retryAfter = retryAfter
  }

  /// The one of two limits of which less is left.
  static func tighter(_ one: Budget?, _ other: Budget?) -> Budget? {
    guard let one, let other else { return one ?? other }
    return other.remaining < one.remaining ? other : one
  }

  /// `RateLimit-Limit`, `-Remaining` and `-Reset` (draft-ietf-httpapi-ratelimit-headers-06, the form that existing frontends read).
  public var headers: [(name: String, value: String)] {
    [
      ("RateLimit-Limit", String(limit)), ("RateLimit-Remaining", String(remaining)), ("RateLimit-Reset", String(Self.seconds(reset))),
    ]
  }

  /// Whole seconds, rounded up: a client that waits them has waited long enough. Nothing is shorter than a second to come.
  public static func seconds(_ nanoseconds: UInt64) -> Int {
    Int(nanoseconds / 1_000_000_000) + (nanoseconds % 1_000_000_000 == 0 ? 0 : 1)
  }
}
