/// A close code as a metric label: the codes that mean something of their own, and one label for each range of the rest.
///
/// Both ends may send any code of 3000-4999, so a label per code would let them grow the metrics.
public enum CloseGroup {
  /// - Parameter code: the code of the Close frame, or nil when the leg was lost without one.
  public static func label(_ code: UInt16?) -> String {
    guard let code else { return "none" }
    switch code {
    // RFC 6455 section 7.4.1 and the IANA registry, without those that never travel (1004-1006, 1015).
    case 1000...1003, 1007...1014: return String(code)
    // Ours, see Docs/CloseCodes.md.
    case 4001, 4003: return String(code)
    case 3000...3999: return "3xxx"
    case 4000...4999: return "4xxx"
    default: return "other"
    }
  }
}
