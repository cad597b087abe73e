import Testing

@testable import WebSocket

@Suite("Keep-alive, RFC 6455 section 5.5.2")
struct KeepAliveTests {
  @Test func pingsASilentPeerAndGivesItUp() {
    var clock = KeepAlive(interval: 100, timeout: 30, now: 1_000)
    #expect(clock.poll(now: 1_000) == .wait(until: 1_100))
    #expect(clock.poll(now: 1_099) == .wait(until: 1_100))
    #expect(clock.poll(now: 1_100) == .ping)
    #expect(clock.poll(now: 1_100) == .wait(until: 1_130))
    #expect(clock.poll(now: 1_129) == .wait(until: 1_130))
    #expect(clock.poll(now: 1_130) == .dead)
    #expect(clock.poll(now: 5_000) == .dead)
  }

  @Test func anyByteIsASignOfLife() {
    var clock = KeepAlive(interval: 100, timeout: 30, now: 0)
    clock.received(now: 90)
    #expect(clock.poll(now: 100) == .wait(until: 190))
    #expect(clock.poll(now: 195) == .ping)
    clock.received(now: 224)
    #expect(clock.poll(now: 225) == .wait(until: 324))
  }

  @Test func aLateClockPingsOnce() {
    var clock = KeepAlive(interval: 100, timeout: 30, now: 0)
    #expect(clock.poll(now: 900) == .ping)
    #expect(clock.poll(now: 901) == .wait(until: 930))
  }

  @Test func timeoutMayExceedTheInterval() {
    var clock = KeepAlive(interval: 10, timeout: 100, now: 0)
    #expect(clock.poll(now: 10) == .ping)
    #expect(clock.poll(now: 50) == .wait(until: 110))
    #expect(clock.poll(now: 110) == .dead)
  }

  @Test func withoutTimeoutItOnlyPings() {
    var clock = KeepAlive(interval: 100, timeout: nil, now: 0)
    #expect(clock.poll(now: 100) == .ping)
    #expect(clock.poll(now: 150) == .wait(until: 200))
    #expect(clock.poll(now: 200) == .ping)
  }
}
