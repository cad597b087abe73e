import Testing
@testable import Telemetry

@Suite struct TimestampTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (1_795_762_566_123, "2026-11-27T06:56:06.123Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
      // RFC 3339 section 5.8
      (482_196_050_520, "1985-04-12T23:20:50.520Z"), (851_042_397_000, "1996-12-20T00:39:57.000Z"),
    ] as [(Int64, String)])
  func isWritten(_ milliseconds: Int64, _ text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
  }

  @Test func timeOfDayIsItsEnd() {
    #expect(Timestamp(milliseconds: 1_795_762_566_123).timeOfDay == "06:56:06.123")
  }

  @Test func theSystemClockIsInThisCentury() {
    #expect(Timestamp.now() > Timestamp(milliseconds: 1_700_000_000_000))
  }
}
