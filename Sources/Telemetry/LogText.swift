/// Text from outside, made safe to be written on one line.
public enum LogText {
  /// Without control characters (a line feed would forge a record, an escape sequence would drive a terminal), and at most `limit`
  /// bytes of UTF-8, cut between characters and then marked with an ellipsis.
  public static func clean(_ text: String, limit: Int = 256) -> String {
    var result = ""
    var size = 0
    for scalar in text.unicodeScalars where !isControl(scalar) {
      size += UTF8.width(scalar)
      if size > limit { return result + "…" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// C0, DEL, C1, the line separators, and the marks that turn the direction of a line.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
