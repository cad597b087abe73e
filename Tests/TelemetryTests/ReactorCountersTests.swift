import Testing
@testable import Telemetry

@Suite struct ReactorCountersTests {
  @Test func directionsAreApart() {
    let counters = ReactorCounters()
    counters.count(.up, bytes: 100, messages: 1)
    counters.count(.up, bytes: 50, messages: 0)
    counters.count(.down, bytes: 7, messages: 2)
    counters.paused()
    counters.wokeUp()
    counters.wokeUp()
    #expect(counters.bytes(.up) == 150)
    #expect(counters.messages(.up) == 1)
    #expect(counters.bytes(.down) == 7)
    #expect(counters.messages(.down) == 2)
    #expect(counters.pauses == 1)
    #expect(counters.wakeUps == 2)
  }

  @Test func reactorsAreFolded() async {
    let metrics = GatewayMetrics()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        let counters = metrics.reactors.make()
        group.addTask { for _ in 0..<1000 { counters.count(.down, bytes: 640, messages: 1) } }
      }
    }
    let page = metrics.expose()
    #expect(page.contains("\nvoxgate_bytes_total{direction=\"down\"} 2560000\n"))
    #expect(page.contains("\nvoxgate_messages_total{direction=\"down\"} 4000\n"))
    #expect(page.contains("\nvoxgate_bytes_total{direction=\"up\"} 0\n"))
    #expect(page.contains("\nvoxgate_backpressure_pauses_total 0\n"))
  }
}
