/// Checks that a text message is UTF-8 while it arrives (RFC 6455 section 8.1), cut anywhere.
///
/// It fails at the first byte that no valid continuation could follow, not only at the end of a character: overlong forms, surrogates
/// and values above U+10FFFF are refused at their second byte (RFC 3629 section 4).
public struct UTF8Validator: Sendable, Equatable {
  /// Continuation bytes that the current character still needs.
  private var needed: UInt8 = 0
  /// What the next continuation byte may be.
  private var lower: UInt8 = 0x80
  private var upper: UInt8 = 0xBF
  /// No byte so far was wrong.
  public private(set) var isValid = true

  public init() {}

  /// All bytes so far are valid and the last character is whole.
  public var isComplete: Bool { isValid && needed == 0 }

  /// Takes the next bytes of the text.
  ///
  /// - Returns: false when they, or any before them, cannot be UTF-8.
  @discardableResult
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard isValid else { return false }
    let count = bytes.count
    var index = 0
    while index < count {
      if needed == 0 {
        index = unsafe Self.skipASCII(bytes, from: index)
        guard index < count else { break }
        guard begin(unsafe bytes[index]) else {
          isValid = false
          return false
        }
      } else {
        let byte = unsafe bytes[index]
        guard byte >= lower, byte <= upper else {
          isValid = false
          return false
        }
        needed &-= 1
        lower = 0x80
        upper = 0xBF
      }
      index &+= 1
    }
    return true
  }

  /// Takes the next bytes of the text.
  @discardableResult
  public mutating func consume(_ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBytes { unsafe consume($0) }
  }

  /// The first byte at or after `start` that is not ASCII, looking at eight at a time.
  private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    let count = bytes.count
    var index = start
    while index &+ 8 <= count, unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
      index &+= 8
    }
    while index < count, unsafe bytes[index] < 0x80 { index &+= 1 }
    return index
  }

  /// Starts a character of several bytes; false when `byte` cannot start one.
  private mutating func begin(_ byte: UInt8) -> Bool {
    switch byte {
    case 0xC2...0xDF: needed = 1
    case 0xE0...0xEF:
      needed = 2
      if byte == 0xE0 { lower = 0xA0 }
      if byte == 0xED { upper = 0x9F }
    case 0xF0...0xF4:
      needed = 3
      if byte == 0xF0 { lower = 0x90 }
      if byte == 0xF4 { upper = 0x8F }
    default: return false
    }
    return true
  }
}
