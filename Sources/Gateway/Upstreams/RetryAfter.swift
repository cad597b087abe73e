/// `Retry-After` (RFC 9110 section 10.2.3) of an upstream.
enum RetryAfter {
  /// A day: nobody is believed for longer.
  static let longest = 86_400

  /// Seconds; nil for what is not a number of them. Its other form, a date, would trust the clock of the upstream.
  static func seconds(_ text: String?) -> Int? {
    guard let text, let seconds = Int(text), seconds >= 0 else { return nil }
    return min(seconds, longest)
  }
}
