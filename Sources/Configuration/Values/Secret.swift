/// A text that must not be seen. Printing, interpolating, dumping or mirroring it shows nothing of it.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  public init(_ value: String) {
    self.value = value
  }

  /// The text itself. Every call is a place for a reviewer to look at.
  public func reveal() -> String { value }

  /// Length in bytes: what a rule about strength may know.
  public var byteCount: Int { value.utf8.count }

  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Takes the same time wherever the first difference is.
  public static func == (left: Secret, right: Secret) -> Bool {
    let (left, right) = (Array(left.value.utf8), Array(right.value.utf8))
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
