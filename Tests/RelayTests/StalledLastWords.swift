import Glibc
import Testing
import WebSocket
@testable import Relay

extension Bench {
  /// The upstream says its last words while the client takes nothing, and goes; the client then hears all of them.
  ///
  /// The session's buffers and sockets must be small: more comes than the client's side takes, less than the kernel holds for the reactor.
  func hearLastWordsBehindAStall(_ session: Session) throws {
    for number in 0..<60 { try session.upstream.send(String(repeating: "\(number % 10)", count: 1_000)) }
    try session.upstream.sendClose(4_008, "quota")
    try Ledger.wait("the upstream's bytes to be acknowledged") { session.upstream.unsent == 0 }
    try Ledger.wait("the reactor to stop reading") { counters.pauses > 0 }
    session.upstream.close()
    let wakeUps = counters.wakeUps
    for number in 0..<20 {
      try session.client.send("unheard \(number)")
      usleep(10_000)
    }
    // A broken socket that may not be read must not keep the thread awake.
    #expect(counters.wakeUps - wakeUps < 200)
    for number in 0..<60 { #expect(try session.client.next() == .message(.text(String(repeating: "\(number % 10)", count: 1_000)))) }
    #expect(try session.client.answerClose() == ClosePayload(code: CloseCode(rawValue: 4_008), reason: "quota"))
  }
}
