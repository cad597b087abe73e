/// The path of a route: exact, or everything below it.
public struct RoutePath: Hashable, Sendable, CustomStringConvertible {
  /// Without the `/*`; empty for `/*` itself.
  public let base: String
  /// Whether it ended in `/*`.
  public let isPrefix: Bool

  /// Nil unless it begins with a slash and is a plain path: no empty, `.` or `..` segment, no query, no other `*`.
  public init?(_ text: String) {
    isPrefix = text.hasSuffix("/*")
    base = isPrefix ? String(text.dropLast(2)) : text
    guard text.hasPrefix("/"), base.utf8.count <= 1_024 else { return nil }
    if base.isEmpty || base == "/" { return }
    let segments = base.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard !segments.dropLast().contains(""), !segments.contains("."), !segments.contains("..") else { return nil }
    let isPlain = base.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"*?#\\\"<>{}|^`".utf8.contains($0) }
    guard isPlain, !(isPrefix && base.hasSuffix("/")) else { return nil }
  }

  /// What a request path leads on to: nil where it is not this route's, the rest after the base where it is (empty for an exact path).
  /// `/echo/*` takes `/echo/a`, and `/echo` and `/echo/` as well, because SDKs differ in what they append.
  public func rest(of path: String) -> String? {
    if !isPrefix { return path == base ? "" : nil }
    guard path.hasPrefix(base) else { return nil }
    let rest = path.dropFirst(base.count)
    return rest.isEmpty || rest.hasPrefix("/") ? String(rest) : nil
  }

  public var description: String { base + (isPrefix ? "/*" : "") }
}
