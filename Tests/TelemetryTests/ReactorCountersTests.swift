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

  @Test func lagIsCountedUnderItsBound() {
    let metrics = GatewayMetrics()
    let (one, other) = (metrics.reactors.make(), metrics.reactors.make())
    for milliseconds in [0, 1, 2, 3, 1_000] { one.lag(milliseconds: Int64(milliseconds)) }
    other.lag(milliseconds: 1_001)
    let lines = metrics.expose().split(separator: "\n").filter { $0.hasPrefix("voxgate_reactor_lag_seconds") }
    #expect(
      lines == [
        #"voxgate_reactor_lag_seconds_bucket{le="0.001"} 2"#, #"voxgate_reactor_lag_seconds_bucket{le="0.002"} 3"#,
        #"voxgate_reactor_lag_seconds_bucket{le="0.005"} 4"#, #"voxgate_reactor_lag_seconds_bucket{le="0.01"} 4"#,
        #"voxgate_reactor_lag_seconds_bucket{le="0.025"} 4"#, #"voxgate_reactor_lag_seconds_bucket{le="0.05"} 4"#,
        #"voxgate_reactor_lag_seconds_bucket{le="0.1"} 4"#, #"voxgate_reactor_lag_seconds_bucket{le="0.25"} 4"#,
        #"voxgate_reactor_lag_seconds_bucket{le="0.5"} 4"#, #"voxgate_reactor_lag_seconds_bucket{le="1"} 5"#,
        #"voxgate_reactor_lag_seconds_bucket{le="+Inf"} 6"#, "voxgate_reactor_lag_seconds_sum 2.007",
        "voxgate_reactor_lag_seconds_count 6",
      ])
  }
}
