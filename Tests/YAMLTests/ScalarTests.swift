import Testing
import YAML

/// The core schema of YAML 1.2, section 10.3.2.
@Suite struct ScalarTests {
  @Test(
    arguments: [
      ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("nULL", .text("nULL")),
      ("true", .boolean(true)), ("FALSE", .boolean(false)), ("tRUE", .text("tRUE")),
      ("yes", .text("yes")), ("no", .text("no")), ("on", .text("on")), ("off", .text("off")), ("y", .text("y")),
      ("0", .integer(0)), ("-19", .integer(-19)), ("+12", .integer(12)), ("007", .integer(7)),
      ("0o14", .integer(12)), ("0xC", .integer(12)), ("0x-C", .text("0x-C")), ("0o8", .text("0o8")), ("0x", .text("0x")),
      ("1_000", .text("1_000")), ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9223372036854775808)),
      ("0.", .number(0)), (".5", .number(0.5)), ("-0.0", .number(0)), ("12e03", .number(12000)), ("-2E+05", .number(-200000)),
      (".inf", .number(.infinity)), ("-.INF", .number(-.infinity)),
      ("inf", .text("inf")), ("nan", .text("nan")), ("e5", .text("e5")), (".", .text(".")), ("1.2.3", .text("1.2.3")),
      ("30s", .text("30s")), ("127.0.0.1", .text("127.0.0.1")), ("12:30:45", .text("12:30:45")),
    ] as [(String, Scalar.Core)])
  func coreSchema(text: String, expected: Scalar.Core) {
    #expect(Scalar(text).core == expected)
    #expect(Scalar(text, style: .quoted).core == .text(text))
  }

  @Test func typedValues() {
    #expect(Scalar("8080").integer == 8080)
    #expect(Scalar("8080", style: .quoted).integer == nil)
    #expect(Scalar("8080").number == 8080)
    #expect(Scalar("true").boolean == true)
    #expect(Scalar("true", style: .quoted).boolean == nil)
    #expect(Scalar("~").isNull)
    #expect(!Scalar("", style: .quoted).isNull)
    #expect(Scalar(".nan").number?.isNaN == true)
  }
}
