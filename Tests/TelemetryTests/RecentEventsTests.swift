import Logging
import Testing
@testable import Telemetry

@Suite struct RecentEventsTests {
  private func entry(_ number: Int) -> RecentEvents.Entry {
    RecentEvents.Entry(time: Timestamp(milliseconds: Int64(number)), level: .info, fields: [:])
  }

  @Test func keepsTheLatest() {
    let events = RecentEvents(capacity: 3)
    #expect(events.latest.isEmpty)
    for number in 1...10 {
      events.add(entry(number))
      let expected = (max(1, number - 2)...number).reversed().map { Int64($0) }
      #expect(events.latest.map(\.time.milliseconds) == expected)
    }
  }
}
