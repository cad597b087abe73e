import Testing

@testable import WebSocket

@Suite("Keep-alive, RFC 6455 section 5.5.2")
struct KeepAliveTests {
  @Test func pingsASilentPeerAndGivesItUp() {
    var clock = KeepAlive(interval: 100, timeout: 30)
    #expect(clock.poll(now: 1_000, lastReceived: 1_000) == .wait(until: 1_100))
    #expect(clock.poll(now: 1_099, lastReceived: 1_000) == .wait(until: 1_100))
    #expect(clock.poll(now: 1_100, lastReceived: 1_000) == .ping)
    #expect(clock.poll(now: 1_100, lastReceived: 1_000) == .wait(until: 1_130))
    #expect(clock.poll(now: 1_129, lastReceived: 1_000) == .wait(until: 1_130))
    #expect(clock.poll(now: 1_130, lastReceived: 1_000) == .dead)
    #expect(clock.poll(now: 5_000, lastReceived: 1_000) == .dead)
  }

  @Test func anyByteIsASignOfLife() {
    var clock = KeepAlive(interval: 100, timeout: 30)
    #expect(clock.poll(now: 100, lastReceived: 90) == .wait(until: 190))
    #expect(clock.poll(now: 195, lastReceived: 90) == .ping)
    #expect(clock.poll(now: 225, lastReceived: 224) == .wait(until: 324))
  }

  @Test func anAnswerMayComeAtOnce() {
    var clock = KeepAlive(interval: 100, timeout: 30)
    #expect(clock.poll(now: 100, lastReceived: 0) == .ping)
    #expect(clock.poll(now: 130, lastReceived: 100) == .wait(until: 200))
  }

  @Test func aLateClockPingsOnce() {
    var clock = KeepAlive(interval: 100, timeout: 30)
    #expect(clock.poll(now: 900, lastReceived: 0) == .ping)
    #expect(clock.poll(now: 901, lastReceived: 0) == .wait(until: 930))
  }

  @Test func timeoutMayExceedTheInterval() {
    var clock = KeepAlive(interval: 10, timeout: 100)
    #expect(clock.poll(now: 10, lastReceived: 0) == .ping)
    #expect(clock.poll(now: 50, lastReceived: 0) == .wait(until: 110))
    #expect(clock.poll(now: 110, lastReceived: 0) == .dead)
  }

  @Test func withoutTimeoutItOnlyPings() {
    var clock = KeepAlive(interval: 100, timeout: nil)
    #expect(clock.poll(now: 100, lastReceived: 0) == .ping)
    #expect(clock.poll(now: 150, lastReceived: 0) == .wait(until: 200))
    #expect(clock.poll(now: 200, lastReceived: 0) == .ping)
  }

  @Test func absurdNumbersAreMoved() {
    let clock = KeepAlive(interval: .max, timeout: -5)
    #expect(clock.interval == Int64(Int32.max))
    #expect(clock.timeout == 1)
  }
}
