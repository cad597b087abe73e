import Testing

@testable import WebSocket

@Suite("Closing handshake, RFC 6455 section 7")
struct ClosingHandshakeTests {
  static let bye = ClosePayload(code: .normal, reason: "bye")
  static let away = ClosePayload(code: .goingAway)

  @Test("7.1.2 this end begins", arguments: Role.allCases)
  func ownStart(role: Role) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    #expect(closing.deadline == nil)
    #expect(closing.start(Self.bye, now: 10) == .send(Self.bye))
    #expect(closing.isSent && !closing.isComplete)
    #expect(closing.deadline == 110)
    #expect(closing.start(Self.away, now: 11) == .nothing)
    // 7.1.1: the server ends the stream first, the client waits for that.
    #expect(closing.receive(Self.away, now: 50) == (role == .server ? .finish : .nothing))
    #expect(closing.isComplete && !closing.isClean)
    #expect(closing.deadline == 150)
    #expect(closing.receiveEnd() == .drop)
    #expect(closing.isClean)
    #expect(closing.code == .goingAway)
    #expect(closing.deadline == nil)
  }

  @Test("5.5.1 the peer begins", arguments: Role.allCases)
  func peerStart(role: Role) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    #expect(closing.receive(Self.bye, now: 10) == (role == .server ? .sendAndFinish(Self.bye) : .send(Self.bye)))
    #expect(closing.isComplete)
    #expect(closing.start(Self.away, now: 11) == .nothing)
    #expect(closing.receive(Self.away, now: 12) == .nothing)
    #expect(closing.received == Self.bye)
    #expect(closing.receiveEnd() == .drop)
    #expect(closing.receiveEnd() == .nothing)
    #expect(closing.isClean && closing.code == .normal)
  }

  @Test("7.1.5 a Close without a code is 1005", arguments: Role.allCases)
  func noCode(role: Role) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    _ = closing.receive(ClosePayload(), now: 0)
    #expect(closing.code == .noStatus)
  }

  @Test("7.1.5 an end without a Close is 1006", arguments: Role.allCases, [false, true])
  func lost(role: Role, afterStart: Bool) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    if afterStart { _ = closing.start(Self.bye, now: 0) }
    #expect(closing.receiveEnd() == .drop)
    #expect(closing.isOver && !closing.isClean)
    #expect(closing.code == .abnormal)
    #expect(closing.start(Self.bye, now: 1) == .nothing)
    #expect(closing.receive(Self.bye, now: 1) == .nothing)
    #expect(closing.fail(.invalidText, now: 1) == .nothing)
  }

  @Test(arguments: Role.allCases)
  func deadlineForTheAnswer(role: Role) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    #expect(closing.reachDeadline(now: .max) == .nothing)
    _ = closing.start(Self.bye, now: 0)
    #expect(closing.reachDeadline(now: 99) == .nothing)
    #expect(closing.reachDeadline(now: 100) == .drop)
    #expect(closing.reachDeadline(now: 101) == .nothing)
    #expect(!closing.isClean && closing.code == .abnormal)
  }

  @Test(arguments: Role.allCases)
  func deadlineForTheEndOfTheStream(role: Role) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    _ = closing.receive(Self.bye, now: 50)
    #expect(closing.reachDeadline(now: 149) == .nothing)
    #expect(closing.reachDeadline(now: 150) == .drop)
    #expect(closing.isClean)
  }

  @Test("7.1.7 a violation", arguments: Role.allCases)
  func failure(role: Role) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    let told = ClosePayload(code: .invalidPayload, reason: ProtocolViolation.invalidText.reason)
    #expect(closing.fail(.invalidText, now: 0) == .sendAndFinish(told))
    #expect(closing.fail(.invalidText, now: 1) == .nothing)
    #expect(closing.receive(Self.bye, now: 2) == .nothing)
    #expect(closing.start(Self.bye, now: 3) == .nothing)
    #expect(closing.deadline == 100)
    #expect(closing.receiveEnd() == .drop)
    #expect(closing.code == .abnormal && !closing.isClean)
  }

  @Test("7.1.7 a violation after our Close", arguments: Role.allCases)
  func failureAfterStart(role: Role) {
    var closing = ClosingHandshake(role: role, timeout: 100)
    _ = closing.start(Self.bye, now: 0)
    #expect(closing.fail(.closeCode, now: 1) == .finish)
    #expect(closing.reachDeadline(now: 101) == .drop)
  }
}
