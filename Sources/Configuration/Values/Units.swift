import YAML

/// Quantities as the file writes them: a whole number with its unit, because a bare `30` does not say of what.
public enum Units {
  /// `250ms`, `30s`, `5m`, `1h`, `1d`.
  public static func duration(_ text: String) -> Duration? {
    guard let (count, unit) = split(text), let milliseconds = durations.first(where: { $0.unit == unit })?.milliseconds else { return nil }
    let (total, overflow) = count.multipliedReportingOverflow(by: milliseconds)
    return overflow ? nil : .milliseconds(total)
  }

  /// In the largest unit that divides it; what is below a millisecond is lost.
  public static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    guard milliseconds != 0, let best = durations.last(where: { milliseconds % $0.milliseconds == 0 }) else {
      return "\(milliseconds / 1_000)s"
    }
    return "\(milliseconds / best.milliseconds)\(best.unit)"
  }

  /// `512B`, `64KiB`, `16MiB`, `1GiB`; `kB`, `MB`, `GB` are the decimal ones. In bytes.
  public static func size(_ text: String) -> Int? {
    guard let (count, unit) = split(text), let bytes = sizes.first(where: { $0.unit == unit })?.bytes else { return nil }
    let (total, overflow) = count.multipliedReportingOverflow(by: bytes)
    return overflow ? nil : total
  }

  /// In the largest binary unit that divides it.
  public static func text(bytes: Int) -> String {
    guard bytes != 0, let best = sizes.filter({ $0.isBinary && bytes % $0.bytes == 0 }).max(by: { $0.bytes < $1.bytes }) else {
      return "\(bytes)B"
    }
    return "\(bytes / best.bytes)\(best.unit)"
  }

  static let durationPattern = "^[0-9]+(ms|s|m|h|d)$"
  static let sizePattern = "^[0-9]+(B|KiB|MiB|GiB|kB|MB|GB)$"

  /// From small to large.
  private static let durations: [(unit: String, milliseconds: Int)] = [
    ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  private static let sizes: [(unit: String, bytes: Int, isBinary: Bool)] = [
    ("B", 1, true), ("KiB", 1 << 10, true), ("MiB", 1 << 20, true), ("GiB", 1 << 30, true),
    ("kB", 1_000, false), ("MB", 1_000_000, false), ("GB", 1_000_000_000, false),
  ]

  /// Digits, then letters; nothing else, no sign, no space.
  private static func split(_ text: String) -> (count: Int, unit: String)? {
    let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let count = Int(Substring(digits)) else { return nil }
    return (count, String(text.dropFirst(digits.count)))
  }
}

extension ValueType where Value == Duration {
  public static var duration: ValueType {
    scalar(
      "duration", expected: "a duration such as 250ms, 30s, 5m, 1h or 1d", shape: .text(pattern: Units.durationPattern),
      write: { Units.text($0) }
    ) { Units.duration($0.text) }
  }

  public static func duration(_ range: ClosedRange<Duration>) -> ValueType {
    duration.checked { value in
      range.contains(value)
        ? nil : "must be between \(Units.text(range.lowerBound)) and \(Units.text(range.upperBound)); found \(Units.text(value))"
    }
  }
}

/// A number of bytes in the file.
extension ValueType where Value == Int {
  public static var size: ValueType {
    scalar(
      "size", expected: "a size such as 512B, 64KiB or 16MiB", shape: .text(pattern: Units.sizePattern), write: { Units.text(bytes: $0) }
    ) { Units.size($0.text) }
  }

  public static func size(_ range: ClosedRange<Int>) -> ValueType {
    size.checked { value in
      range.contains(value)
        ? nil
        : "must be between \(Units.text(bytes: range.lowerBound)) and \(Units.text(bytes: range.upperBound)); "
          + "found \(Units.text(bytes: value))"
    }
  }
}
