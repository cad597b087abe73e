import Logging
import Testing
@testable import Telemetry

@Suite struct JSONLogHandlerTests {
  @Test func writesOneObjectALine() {
    let lines = Lines()
    lines.logger().info(
      "listening",
      metadata: [
        "port": .stringConvertible(8080), "tls": .stringConvertible(true), "address": "::1",
        "share": .stringConvertible(0.5),
      ])
    #expect(
      lines.all == [
        #"{"time":"2026-11-27T06:56:06.123Z","level":"info","message":"listening","address":"::1","port":8080,"share":0.5,"tls":true}"#
          + "\n"
      ])
  }

  @Test func nestedValues() {
    let lines = Lines()
    lines.logger().warning("m", metadata: ["a": ["x", .stringConvertible(1)], "d": ["k": "v", "j": .stringConvertible(UInt64.max)]])
    #expect(
      lines.all == [
        #"{"time":"2026-11-27T06:56:06.123Z","level":"warning","message":"m","a":["x",1],"d":{"j":18446744073709551615,"k":"v"}}"# + "\n"
      ])
  }

  @Test(arguments: [
    ("a\"b\\c", #"a\"b\\c"#), ("x\ny\r\t", #"x\ny\r\t"#), ("\u{0}\u{1F}", #"\u0000\u001f"#), ("\u{1B}[31m", #"\u001b[31m"#),
    ("\u{2028}", #"\u2028"#), ("\u{7F}\u{9B}", #"\u007f\u009b"#), ("€😀", "€😀"), ("</script>", "</script>"),
  ])
  func escapes(_ text: String, _ expected: String) {
    let lines = Lines()
    lines.logger().info("m", metadata: ["v": .string(text)])
    #expect(lines.all[0].hasSuffix(#","v":"\#(expected)"}"# + "\n"))
    #expect(lines.all[0].filter { $0.isNewline }.count == 1)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func numbersThatJSONCannotSayAreStrings(_ value: Double) {
    let lines = Lines()
    lines.logger().info("m", metadata: ["v": .stringConvertible(value)])
    #expect(lines.all[0].hasSuffix(#","v":"\#(value)"}"# + "\n"))
  }

  @Test func fieldsCannotPoseAsTheRecordsOwn() {
    let lines = Lines()
    lines.logger().info("real", metadata: ["time": "never", "level": "trace", "message": "forged"])
    #expect(
      lines.all == [
        #"{"time":"2026-11-27T06:56:06.123Z","level":"info","message":"real","level_":"trace","message_":"forged","time_":"never"}"# + "\n"
      ])
  }

  @Test func metadataOfTheCallWins() {
    let lines = Lines()
    var logger = lines.logger(label: "relay")
    logger[metadataKey: "session"] = "1"
    logger[metadataKey: "k"] = "logger"
    logger.info("m", metadata: ["k": "call"])
    #expect(
      lines.all == [
        #"{"time":"2026-11-27T06:56:06.123Z","level":"info","message":"m","k":"call","logger":"relay","session":"1"}"# + "\n"
      ])
  }

  @Test func belowTheLevelNothingIsWritten() {
    let lines = Lines()
    let logger = lines.logger(level: .warning)
    logger.info("no")
    logger.error("yes")
    #expect(lines.all.count == 1)
  }

  @Test func textIsForPeople() {
    let lines = Lines()
    lines.logger(.text).warning(
      "route is simulated",
      metadata: [
        "route": "/a", "why": "no key", "n": .stringConvertible(3),
        "list": ["a", "b"], "empty": "",
      ])
    #expect(lines.all == ["06:56:06.123 WARNING  route is simulated empty=\"\" list=[\"a\",\"b\"] n=3 route=/a why=\"no key\"\n"])
  }

  @Test func textCannotForgeALineOrDriveTheTerminal() {
    let lines = Lines()
    lines.logger(.text).info("a\nb\u{1B}[2J", metadata: ["v": "x\n06:00:00 INFO ok", "k=\n": "1"])
    #expect(lines.all[0].filter { $0.isNewline }.count == 1)
    #expect(!lines.all[0].contains("\u{1B}"))
  }

  @Test func lostLinesAreCounted() {
    let lost = Counter()
    let logger = Logger(label: "x") { _ in JSONLogHandler(format: .json, sink: LogSink { _ in false }, lost: lost) }
    logger.info("a")
    logger.info("b")
    #expect(lost.value == 2)
  }

  @Test func theFormatFollowsTheReader() {
    #expect(LogFormat.automatic(LogSink(isTerminal: true) { _ in true }) == .text)
    #expect(LogFormat.automatic(LogSink(isTerminal: false) { _ in true }) == .json)
  }
}
