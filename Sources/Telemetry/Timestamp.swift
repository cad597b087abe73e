import Glibc

/// A moment of the wall clock, in milliseconds since 1970, UTC.
public struct Timestamp: Sendable, Equatable, Comparable {
  public let milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// The system's clock. Everything else takes the time from its caller.
  public static func now() -> Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  public static func < (one: Timestamp, other: Timestamp) -> Bool { one.milliseconds < other.milliseconds }

  /// `2026-11-27T06:56:06.123Z` (RFC 3339 section 5.6).
  public var rfc3339: String {
    let (day, inDay) = Self.divide(milliseconds, 86_400_000)
    let (year, month, date) = Self.civil(day)
    return "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(date, 2))T\(Self.clock(inDay))Z"
  }

  /// `06:56:06.123`, for a person at a terminal.
  public var timeOfDay: String { Self.clock(Self.divide(milliseconds, 86_400_000).1) }

  private static func clock(_ inDay: Int64) -> String {
    let seconds = inDay / 1000
    return "\(pad(seconds / 3600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2)).\(pad(inDay % 1000, 3))"
  }

  /// Year, month and day of a day counted from 1970, in the Gregorian calendar. Counts in eras of 400 years that start in March, so
  /// that the leap day is the last of its year (H. Hinnant, "chrono-compatible low-level date algorithms").
  private static func civil(_ day: Int64) -> (Int64, Int64, Int64) {
    let (era, inEra) = divide(day + 719_468, 146_097)
    let yearOfEra = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
    let dayOfYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  /// Division that rounds down, so that times before 1970 come out right.
  private static func divide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
    let remainder = ((value % by) + by) % by
    return ((value - remainder) / by, remainder)
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
