/// When a certificate is valid, in Unix seconds.
public struct CertificateDates: Sendable, Equatable {
  /// `notBefore`.
  public let begin: Int64
  /// `notAfter`.
  public let end: Int64

  public enum Standing: Sendable, Equatable {
    case valid
    case notYetValid
    case expired
    /// Valid, for less than ``notice``.
    case ending
  }

  /// Seconds: two weeks, in which somebody can still do something about it.
  public static let notice: Int64 = 14 * 86_400

  public init(begin: Int64, end: Int64) {
    (self.begin, self.end) = (begin, end)
  }

  /// - Parameter now: Unix seconds.
  public func standing(at now: Int64) -> Standing {
    if now > end { return .expired }
    if now < begin { return .notYetValid }
    return end - now < Self.notice ? .ending : .valid
  }
}
