import TestSupport
import Testing

/// SIGTERM while sessions are open.
struct SessionsDrainTests {
  @Test func endsSessionsInOrder() throws {
    let bench = try SessionsBench(
      "drain", ["ended"], route: ", timeouts: {close: 1s}", settings: "drain: {grace: 4s, spread: 500ms}")
    try bench.tell()
    try bench.program.wait(for: "open")
    bench.gateway.terminate()
    try bench.gateway.waitForLog(#""message":"draining""#)
    try bench.program.write("draining\n")
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
    try bench.tell()
    try bench.program.wait(for: "open")
    bench.gateway.terminate()
    try bench.gateway.waitForLog(#""message":"draining""#)
    try bench.program.write("draining\n")
    #expect(try bench.program.finish() == 0, "\(bench.program.text)\n\(bench.gateway.log)")
    #expect(try bench.gateway.finish() == 0, "\(bench.gateway.log)")
  }
}
