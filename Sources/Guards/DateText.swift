/// Dates as RFC 3339 section 5.6 writes them.
enum DateText {
  /// Unix seconds of `2026-12-31` (its first), `2026-12-31T18:00:00Z` or `2026-12-31T18:00:00+02:00`; a fraction of a second is cut off.
  /// Nil for anything else, dates that no calendar has among it.
  static func seconds(_ text: String) -> Int64? {
    var rest = Substring(text)
    guard let year = number(&rest, 4, 1...9999), skip(&rest, "-"), let month = number(&rest, 2, 1...12), skip(&rest, "-"),
      let day = number(&rest, 2, 1...length(of: month, year))
    else { return nil }
    let midnight = days(year, month, day) * 86_400
    if rest.isEmpty { return midnight }
    guard skip(&rest, "T") || skip(&rest, "t"), let hour = number(&rest, 2, 0...23), skip(&rest, ":"),
      let minute = number(&rest, 2, 0...59), skip(&rest, ":"), let second = number(&rest, 2, 0...60)
    else { return nil }
    if skip(&rest, ".") {
      let fraction = rest.prefix { $0.isASCII && $0.isNumber }
      guard !fraction.isEmpty else { return nil }
      rest = rest.dropFirst(fraction.count)
    }
    guard let offset = offset(&rest), rest.isEmpty else { return nil }
    return midnight + hour * 3600 + minute * 60 + second - offset
  }

  private static func offset(_ rest: inout Substring) -> Int64? {
    if skip(&rest, "Z") || skip(&rest, "z") { return 0 }
    let sign: Int64 = skip(&rest, "+") ? 1 : skip(&rest, "-") ? -1 : 0
    guard sign != 0, let hours = number(&rest, 2, 0...23), skip(&rest, ":"), let minutes = number(&rest, 2, 0...59) else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  private static func number(_ rest: inout Substring, _ digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
    let text = rest.prefix(digits)
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int64(text), range.contains(value)
    else { return nil }
    rest = rest.dropFirst(digits)
    return value
  }

  private static func skip(_ rest: inout Substring, _ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  private static func length(of month: Int64, _ year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Days since 1970 in the Gregorian calendar, in eras of 400 years that start in March (H. Hinnant, "chrono-compatible low-level date
  /// algorithms").
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
