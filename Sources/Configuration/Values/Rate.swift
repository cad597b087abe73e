/// So many in so long a time: `10/1m`.
public struct Rate: Hashable, Sendable, CustomStringConvertible {
  public var count: Int
  public var window: Duration

  public init(count: Int, window: Duration) {
    self.count = count
    self.window = window
  }

  /// Reads `10/1m`; both parts must be at least one.
  public init?(_ text: String) {
    guard let parts = Self.split(text), let count = Int(parts.count), count > 0, parts.count.utf8.first != UInt8(ascii: "+") else {
      return nil
    }
    self.init(count: count, window: parts.window)
  }

  public var description: String { "\(count)/\(Units.text(window))" }

  static func split(_ text: String) -> (count: String, window: Duration)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let window = Units.duration(String(parts[1])), window > .zero else { return nil }
    return (String(parts[0]), window)
  }
}

extension ValueType where Value == Rate {
  public static var rate: ValueType {
    scalar(
      "rate", expected: "a rate such as 10/1m or 100/15m", shape: .text(pattern: "^[0-9]+/[0-9]+(ms|s|m|h|d)$"), write: { $0.description }
    ) { Rate($0.text) }
  }

  /// Bytes in a time: `64KiB/1s`; the count of the value is in bytes.
  public static var byteRate: ValueType {
    scalar(
      "byte rate", expected: "bytes in a time such as 64KiB/1s",
      shape: .text(pattern: "^[0-9]+(B|KiB|MiB|GiB|kB|MB|GB)/[0-9]+(ms|s|m|h|d)$"),
      write: { "\(Units.text(bytes: $0.count))/\(Units.text($0.window))" }
    ) { scalar in
      guard let parts = Rate.split(scalar.text), let bytes = Units.size(parts.count), bytes > 0 else { return nil }
      return Rate(count: bytes, window: parts.window)
    }
  }

  /// Audio in a time: `60s/1m`; the count of the value is in milliseconds of audio.
  public static var audioRate: ValueType {
    scalar(
      "audio rate", expected: "audio in a time such as 60s/1m or 2h/1d", shape: .text(pattern: "^[0-9]+(ms|s|m|h|d)/[0-9]+(ms|s|m|h|d)$"),
      write: { "\(Units.text(.milliseconds($0.count)))/\(Units.text($0.window))" }
    ) { scalar in
      guard let parts = Rate.split(scalar.text), let audio = Units.duration(parts.count), audio > .zero else { return nil }
      return Rate(count: Int(audio / .milliseconds(1)), window: parts.window)
    }
  }
}
