/// Why a message is not in the framing that its vendor's messages are in. Nothing of the message is repeated.
public enum FramingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes end before what they announce.
  case truncated
  /// There are more bytes than the message announces.
  case excess(Int)
  case checksum
  /// A length or number that cannot be.
  case illegal(String)
  /// What is announced, or what is packed, is more than is looked at.
  case tooLarge(String)

  public var description: String {
    switch self {
    case .truncated: "a message that ends too early"
    case .excess(let count): "\(count) bytes behind the message's end"
    case .checksum: "a wrong checksum"
    case .illegal(let what): what
    case .tooLarge(let what): "\(what), which is too large"
    }
  }
}
