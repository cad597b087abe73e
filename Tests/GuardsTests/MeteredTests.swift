import Testing
@testable import Guards

@Suite struct MeteredTests {
  private let narrow = Metered(.messages, limit: "t", per: .subject, Meter(count: 10, per: minute), mark: 3)
  private let wide = Metered(.messages, limit: "t", per: .gateway, Meter(count: 15, per: minute))
  private let audio = Metered(.audio, limit: "t", per: .subject, Meter(count: 60_000, per: minute))

  @Test func ofOneMeasure() {
    #expect([narrow, audio, wide].of(.messages).map(\.scope) == [.subject, .gateway])
    #expect([narrow, audio].of(.usage).isEmpty)
  }

  @Test func allOrNone() {
    let meters = [narrow, wide]
    #expect(meters.take(8, now: 0) == nil)
    #expect(meters.take(3, now: 0)?.scope == .subject)
    #expect(wide.meter.remaining(now: 0) == 7)
    #expect(wide.meter.take(6, now: 0))
    // The second refuses: the first gets back what it gave.
    #expect(meters.take(2, now: 0)?.scope == .gateway)
    #expect(narrow.meter.remaining(now: 0) == 2)
    #expect(meters.take(1, now: 0) == nil)
    #expect([Metered]().take(100, now: 0) == nil)
  }

  @Test func whatHappenedCountsForAll() {
    let meters = [narrow, wide]
    #expect(meters.charge(10, now: 0) == nil)
    #expect(meters.charge(3, now: 0)?.scope == .subject)
    #expect(meters.charge(9, now: 0)?.scope == .subject)
    #expect(wide.meter.remaining(now: 0) == 0)
  }

  @Test func theTightestIsTheOneWithTheSmallestPart() {
    #expect(narrow.meter.take(5, now: 0))
    #expect(wide.meter.take(7, now: 0))
    #expect(audio.meter.take(59_000, now: 0))
    #expect([narrow, wide].tightest(now: 0)?.scope == .subject)
    #expect([narrow, wide, audio].tightest(now: 0)?.measure == .audio)
    #expect([Metered]().tightest(now: 0) == nil)
  }

  @Test func aWarningInTime() {
    #expect(!narrow.isLow(now: 0))
    #expect(narrow.meter.take(7, now: 0))
    #expect(!narrow.isLow(now: 0))
    #expect(narrow.meter.take(1, now: 0))
    #expect(narrow.isLow(now: 0))
    #expect([wide, narrow].low(now: 0)?.scope == .subject)
    #expect([wide, audio].low(now: 0) == nil)
    #expect(!narrow.isLow(now: 6 * second))
    #expect(wide.meter.take(15, now: 0))
    #expect(!wide.isLow(now: 0))
  }
}
