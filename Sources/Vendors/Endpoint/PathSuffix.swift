/// The rest of a path after a route's `/*`, and what of it may go on to an upstream.
public enum PathSuffix {
  /// The segments of a rest that is safe to hand on, percent-encoded as they came; nil for one that is not.
  ///
  /// Refused is whatever two servers could read differently: empty segments, `.` and `..`, backslashes, and escapes of slash, backslash,
  /// dot, percent and control characters (RFC 3986 section 6 leaves them to each server).
  public static func segments(_ rest: String) -> [String]? {
    guard Percent.isWellFormed(rest), !rest.contains("?") else { return nil }
    var text = Substring(rest)
    if text.hasPrefix("/") { text.removeFirst() }
    if text.hasSuffix("/") { text.removeLast() }
    if text.isEmpty { return rest == "" || rest == "/" ? [] : nil }
    let lower = text.lowercased()
    guard !["%2f", "%5c", "%2e", "%25", "%7f", "%0", "%1", ";"].contains(where: lower.contains) else { return nil }
    let segments = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    return segments.contains { $0.isEmpty || $0 == "." || $0 == ".." } ? nil : segments
  }

  /// The values of a pattern's `{name}` places where the segments fit it (`/v1/text-to-speech/{voice_id}/stream-input`), nil where not.
  /// No place goes beyond its segment.
  static func match(_ segments: [String], _ pattern: String) -> [String: String]? {
    let wanted = pattern.split(separator: "/")
    guard wanted.count == segments.count else { return nil }
    var captured: [String: String] = [:]
    for (segment, want) in zip(segments, wanted) {
      guard let values = TextTemplate(String(want)).values(in: segment) else { return nil }
      captured.merge(values) { _, new in new }
    }
    return captured
  }
}
