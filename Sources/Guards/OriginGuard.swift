import Configuration

/// Which pages may open a socket (RFC 6455 section 10.2): an exact list, compared by scheme, host and port.
///
/// It protects visitors of a page, whose browser tells the truth about it; anything else can send any `Origin`, and is for the credential
/// to stop.
public struct OriginGuard: Sendable, Equatable {
  private let patterns: [OriginPattern]
  private let allowsMissing: Bool
  private let allowsNull: Bool

  /// - Parameters:
  ///   - patterns: an empty list allows no page.
  ///   - allowsMissing: whether a client that sends no `Origin` may connect. Browsers always send one, everything else seldom does.
  ///   - allowsNull: whether `Origin: null` may, without `*`: a page from a file, or in a sandbox, that any site can make.
  public init(_ patterns: [OriginPattern], allowsMissing: Bool = true, allowsNull: Bool = false) {
    self.patterns = patterns
    self.allowsMissing = allowsMissing
    self.allowsNull = allowsNull
  }

  /// Whether a request with this `Origin` may go on; nil when it has none. Several header lines, joined, are no origin and refused.
  public func allows(_ origin: String?) -> Bool {
    guard let origin else { return allowsMissing }
    if origin == "null" && allowsNull { return true }
    return patterns.contains { $0.matches(origin) }
  }
}
