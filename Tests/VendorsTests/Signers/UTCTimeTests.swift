import Testing
@testable import Vendors

@Suite struct UTCTimeTests {
  /// Seconds as `date -u -d @N` writes them.
  static let rows: [(unixTime: Int, basic: String, http: String)] = [
    (0, "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_440_938_160, "20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"),
    (1_562_744_143, "20190710T073543Z", "Wed, 10 Jul 2019 07:35:43 GMT"),
    (951_782_399, "20000228T235959Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
    (951_782_400, "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
    (4_107_542_400, "21000301T000000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
  ]

  @Test(arguments: rows)
  func bothWays(row: (unixTime: Int, basic: String, http: String)) {
    #expect(UTCTime(row.unixTime).basic == row.basic)
    #expect(UTCTime(row.unixTime).http == row.http)
    #expect(UTCTime.unixTime(basic: row.basic) == row.unixTime)
    #expect(UTCTime.unixTime(http: row.http) == row.unixTime)
  }

  @Test func extended() { #expect(UTCTime(1_440_938_160).extended == "2015-08-30T12:36:00.000Z") }

  @Test(arguments: ["", "20150830", "20150830T123600", "20150230T123600Z", "20151330T123600Z", "2015083øT12360Z", "20150830T246000Z"])
  func whatIsNoTime(text: String) { #expect(UTCTime.unixTime(basic: text) == nil) }

  @Test(arguments: [
    "", "Sun, 30 Aug 2015 12:36:00 UTC", "Mon, 30 Aug 2015 12:36:00 GMT", "Sun, 30 Foo 2015 12:36:00 GMT", "Sun, 3x Aug 2015 12:36:00 GMT",
    "Sunday, 30-Aug-15 12:36:00 GMT", "søn, 30 Aug 2015 12:36:00 GM",
  ])
  func whatIsNoDate(text: String) { #expect(UTCTime.unixTime(http: text) == nil) }
}
