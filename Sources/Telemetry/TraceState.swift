/// The `tracestate` of a request: passed on as it came, as far as it follows the rules (W3C Trace Context section 3.3).
public struct TraceState: Sendable, Equatable {
  /// One line for the next hop.
  public let text: String

  /// Most bytes that are passed on; the standard wants this many at least.
  static let limit = 512
  private static let mostMembers = 32

  /// - Parameter lines: every line of the header; they are one list.
  /// - Returns: nil when it is empty, or has anything that is not in the format.
  public init?(_ lines: [String]) {
    var members: [Substring] = []
    for member in lines.flatMap({ $0.split(separator: ",") }) {
      let member = Self.trimmed(member)
      // Empty members are allowed, and say nothing.
      guard !member.isEmpty else { continue }
      guard Self.isMember(member) else { return nil }
      members.append(member)
    }
    guard !members.isEmpty, members.count <= Self.mostMembers else { return nil }
    var length = members.reduce(-1) { $0 + $1.utf8.count + 1 }
    // What is long goes first, then what is last; never a part of a member.
    while length > Self.limit, let last = members.lastIndex(where: { $0.utf8.count > 128 }) ?? members.indices.last {
      length -= members.remove(at: last).utf8.count + 1
    }
    guard !members.isEmpty else { return nil }
    text = members.joined(separator: ",")
  }

  private static func isMember(_ member: Substring) -> Bool {
    let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.count == 2 && isKey(parts[0]) && isValue(parts[1])
  }

  /// A `name`, or `tenant@system`.
  private static func isKey(_ key: Substring) -> Bool {
    let parts = key.split(separator: "@", omittingEmptySubsequences: false)
    switch parts.count {
    case 1: return isName(key, most: 256, beginsWithDigit: false)
    case 2: return isName(parts[0], most: 241, beginsWithDigit: true) && isName(parts[1], most: 14, beginsWithDigit: false)
    default: return false
    }
  }

  private static func isName(_ name: Substring, most: Int, beginsWithDigit: Bool) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= most else { return false }
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    let isLetter = { (byte: UInt8) in (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    guard isLetter(first) || (beginsWithDigit && isDigit(first)) else { return false }
    return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_-*/".utf8.contains($0) }
  }

  /// Printable ASCII without comma and equals sign; blanks at its end are the list's, not its own.
  private static func isValue(_ value: Substring) -> Bool {
    (1...256).contains(value.utf8.count)
      && value.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
