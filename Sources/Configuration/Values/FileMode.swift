import YAML

/// Permission bits of a file, written as chmod(1) takes them: `0660`.
public struct FileMode: Hashable, Sendable, CustomStringConvertible {
  public let bits: UInt32

  public init(bits: UInt32) {
    self.bits = bits & 0o777
  }

  /// Three octal digits, with or without a zero before them.
  public init?(_ text: String) {
    let digits = text.utf8.count == 4 && text.hasPrefix("0") ? text.dropFirst() : text[...]
    guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x37).contains($0) }), let bits = UInt32(digits, radix: 8) else {
      return nil
    }
    self.init(bits: bits)
  }

  public var description: String {
    let digits = String(bits, radix: 8)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension ValueType where Value == FileMode {
  public static var fileMode: ValueType {
    scalar(
      "file mode", expected: "permissions such as 0660", shape: .any([.text(pattern: "^0?[0-7]{3}$"), .integer(0...777)]),
      write: { $0.description }
    ) { FileMode($0.text) }
  }
}
