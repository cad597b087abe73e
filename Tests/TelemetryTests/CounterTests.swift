import Testing
@testable import Telemetry

@Suite struct CounterTests {
  @Test func countsFromManyTasks() async {
    let counter = Counter()
    let gauge = Gauge()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<10_000 {
            counter.add()
            gauge.add(3)
            gauge.subtract(2)
          }
        }
      }
    }
    #expect(counter.value == 80_000)
    #expect(gauge.value == 80_000)
  }

  @Test func gaugeGoesBelowZeroAndIsSet() {
    let gauge = Gauge()
    gauge.subtract(2)
    #expect(gauge.value == -2)
    gauge.set(7)
    #expect(gauge.value == 7)
  }
}
