/// A moment in UTC by the proleptic Gregorian calendar, in the forms in which vendors want it.
struct UTCTime: Sendable, Equatable {
  private(set) var year = 1970
  private(set) var month = 1
  private(set) var day = 1
  /// 0 is Sunday.
  private(set) var weekday = 4
  /// Of the day.
  private(set) var second = 0

  /// - Parameter unixTime: seconds since 1970.
  init(_ unixTime: Int) {
    let days = (unixTime >= 0 ? unixTime : unixTime - 86_399) / 86_400
    second = unixTime - days * 86_400
    weekday = ((days + 4) % 7 + 7) % 7
    // Years are counted from March, so that leap days are the last of their years.
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `2015-08-30T12:36:00.000Z` (ISO 8601).
  var extended: String { "\(year)-\(Self.two(month))-\(Self.two(day))T\(clock(":")).000Z" }

  /// `20150830` (ISO 8601, basic form).
  var basicDate: String { "\(year)\(Self.two(month))\(Self.two(day))" }

  /// `20150830T123600Z` (ISO 8601, basic form).
  var basic: String { "\(basicDate)T\(clock(""))Z" }

  /// `Sun, 30 Aug 2015 12:36:00 GMT` (RFC 9110 section 5.6.7).
  var http: String { "\(Self.weekdays[weekday]), \(Self.two(day)) \(Self.months[month - 1]) \(year) \(clock(":")) GMT" }

  /// Seconds since 1970 of a text in the `basic` form; nil for any other.
  static func unixTime(basic text: String) -> Int? {
    let digits = Array(text.utf8)
    guard digits.count == 16 else { return nil }
    return unixTime(number(digits[0..<4]), number(digits[4..<6]), number(digits[6..<8]), [9, 11, 13].map { number(digits[$0..<$0 + 2]) }) {
      UTCTime($0).basic == text
    }
  }

  /// Seconds since 1970 of a text in the `http` form; nil for any other.
  static func unixTime(http text: String) -> Int? {
    let bytes = Array(text.utf8)
    guard bytes.count == 29, let month = months.firstIndex(of: String(decoding: bytes[8..<11], as: UTF8.self)) else { return nil }
    return unixTime(number(bytes[12..<16]), month + 1, number(bytes[5..<7]), [17, 20, 23].map { number(bytes[$0..<$0 + 2]) }) {
      UTCTime($0).http == text
    }
  }

  /// What is no such moment does not come back as it was.
  private static func unixTime(_ year: Int, _ month: Int, _ day: Int, _ clock: [Int], _ isSame: (Int) -> Bool) -> Int? {
    let shifted = month > 2 ? month - 3 : month + 9
    let year = month > 2 ? year : year - 1
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * shifted + 2) / 5 + day - 1
    let days = era * 146_097 + dayOfEra - 719_468
    let time = days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    return isSame(time) ? time : nil
  }

  /// Anything but digits makes a number that does not come back.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int {
    digits.reduce(0) { $0 * 10 + (Int($1) - 0x30) }
  }

  private func clock(_ separator: String) -> String {
    [second / 3600, second / 60 % 60, second % 60].map(Self.two).joined(separator: separator)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
