import TestSupport
import Testing

/// SIGTERM while sessions are open.
struct SessionsDrainTests {
  @Test func endsSessionsInOrder() throws {
    let bench = try SessionsBench(
      "drain", ["ended"], route: ", timeouts: {close: 1s}", settings: "drain: {grace: 4s, spread: 500ms}")
    try drain(bench)
    #expect(try bench.program.finish() == 0, "\(bench.program.text)\n\(bench.gateway.log)")
    #expect(try bench.gateway.finish() == 0, "\(bench.gateway.log)")
    let log = bench.gateway.log
    #expect(log.contains(#""message":"stopped","sessions":0"#), "\(log)")
    let ended = log.split(separator: "\n").filter { $0.contains(#""cause":"shutdown""#) }
    #expect(
      ended.count == 5 && ended.allSatisfy { $0.contains(#""outcome":"closed""#) && $0.contains(#""closed_by":"gateway""#) }, "\(log)")
  }

  @Test func endsSessionThatOpensMeanwhile() throws {
    let bench = try SessionsBench(
      "drain", ["late"], route: ", timeouts: {close: 1s}, headers: [X-Slow]", settings: "drain: {grace: 100ms, spread: 0s}")
    try drain(bench)
    #expect(try bench.program.finish() == 0, "\(bench.program.text)\n\(bench.gateway.log)")
    #expect(try bench.gateway.finish() == 0, "\(bench.gateway.log)")
  }

  /// 500 sessions in the middle of a turn: every client is told, none early, and the process ends well.
  @Test(arguments: [1_001, 1_012])
  func endsSessionsInTheMiddleOfATurn(_ code: Int) throws {
    let bench = try SessionsBench(
      "drain", ["turns", "500", "2", "2", "\(code)"], settings: "drain: {grace: 2s, spread: 2s, code: \(code)}")
    try bench.tell()
    try bench.program.wait(for: "open")
    bench.gateway.terminate()
    try bench.program.write("terminated\n")
    #expect(try bench.program.finish() == 0, "\(bench.program.text)\n\(bench.gateway.log.suffix(2_000))")
    #expect(try bench.gateway.finish() == 0)
    let log = bench.gateway.log
    #expect(log.contains(#""message":"draining","limit":"10s","sessions":500"#), "\(log.suffix(2_000))")
    #expect(log.contains(#""message":"stopped","sessions":0"#), "\(log.suffix(2_000))")
    #expect(log.split(separator: "\n").count { $0.contains(#""cause":"shutdown""#) && $0.contains(#""code":\#(code)"#) } == 500)
  }

  @Test func endsSessionsBetweenTurns() throws {
    let bench = try SessionsBench("drain", ["quiet"], settings: "drain: {grace: 1h, idle: 500ms, spread: 0s}")
    try drain(bench)
    #expect(try bench.program.finish() == 0, "\(bench.program.text)\n\(bench.gateway.log)")
    #expect(try bench.gateway.finish() == 0, "\(bench.gateway.log)")
  }

  /// Readiness goes first, and a second signal ends the wait for whatever it is.
  @Test func isNotReadyBeforeItRefuses() throws {
    let bench = try SessionsBench("drain", ["delayed"], settings: "drain: {delay: 3s, grace: 1h, idle: off, spread: 0s}")
    try drain(bench)
    try bench.program.wait(for: "delayed")
    try bench.gateway.waitForLog(#""message":"refusing sessions""#)
    try bench.program.write("refused\n")
    try bench.program.wait(for: "refused")
    bench.gateway.terminate()
    #expect(try bench.program.finish() == 0, "\(bench.program.text)\n\(bench.gateway.log)")
    #expect(try bench.gateway.finish() == 0, "\(bench.gateway.log)")
    #expect(bench.gateway.log.contains("stopping at once"))
  }

  /// Lets the sessions open, and the gateway hear SIGTERM.
  private func drain(_ bench: SessionsBench) throws {
    try bench.tell()
    try bench.program.wait(for: "open")
    bench.gateway.terminate()
    try bench.gateway.waitForLog(#""message":"draining""#)
    try bench.program.write("draining\n")
  }
}
