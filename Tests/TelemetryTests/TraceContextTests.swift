import TestSupport
import Testing
@testable import Telemetry

/// W3C Trace Context: the rules of sections 3.2 and 3.3, and the cases of the standard's own validation suite that a relay can meet.
@Suite struct TraceContextTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  private func context(_ traceparent: [String], _ tracestate: [String] = [], names: [String] = []) -> TraceContext {
    var generator = SeededGenerator(seed: 1)
    return TraceContext(traceparent: traceparent, tracestate: tracestate, names: names, using: &generator)
  }

  @Test(arguments: [
    good, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
    // Later versions: the same fields, and whatever follows another dash.
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
    "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like",
  ])
  func isTaken(line: String) {
    let context = context([line])
    #expect(context.trace.description == Self.trace)
    #expect(context.parent == 0x00f0_67aa_0ba9_02b7)
    #expect(context.isSampled == !line.contains("02b7-00"))
  }

  @Test(arguments: [
    [], [""], ["00"], [good, good], [good + "-"], [good + "-extra"], [good + " "], [good.uppercased()],
    ["ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"], ["00-00000000000000000000000000000000-00f067aa0ba902b7-01"],
    ["00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"], ["00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01"],
    ["00-4bf92f3577b34da6a3ce929d0e0e47360-00f067aa0ba902b7-01"], ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b-01"],
    ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"], ["0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011"],
    ["00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"], ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b.-01"],
    ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-.1"], ["0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    ["00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01"], ["cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what"],
    ["00-4bf92f3577b34da6a3ce929d0e0e473\u{e9}-00f067aa0ba902b7-01"],
  ])
  func beginsAnew(lines: [String]) {
    let context = context(lines, ["vendor=1"])
    #expect(context.trace.description != Self.trace)
    #expect(context.parent == nil && !context.isSampled)
    // The state belongs to the trace that was not taken.
    #expect(context.state == nil)
  }

  @Test func namesParentsOfItsOwn() throws {
    var generator = SeededGenerator(seed: 2)
    let context = context([Self.good], ["congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"])
    let lines = (0..<3).map { _ in context.headers(using: &generator) }
    for headers in lines {
      #expect(headers.map(\.name) == ["traceparent", "tracestate"])
      #expect(headers[0].value.hasPrefix("00-\(Self.trace)-") && headers[0].value.hasSuffix("-01") && headers[0].value.utf8.count == 55)
      #expect(headers[1].value == "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")
      // The next hop can read it, and sees somebody else than the sender.
      #expect(self.context([headers[0].value]).trace == context.trace)
      #expect(self.context([headers[0].value]).parent != context.parent)
    }
    #expect(Set(lines.map { $0[0].value }).count == 3)
    #expect(self.context([]).headers(using: &generator).map(\.name) == ["traceparent"])
  }

  /// Unknown flags are not passed on.
  @Test func knowsOneFlag() {
    var generator = SeededGenerator(seed: 3)
    for (flags, expected) in [("00", "00"), ("01", "01"), ("03", "01"), ("fe", "00"), ("ff", "01")] {
      let line = context([Self.good.dropLast(2) + flags]).headers(using: &generator)[0].value
      #expect(line.hasSuffix("-" + expected), "\(flags): \(line)")
    }
  }

  // MARK: What clients call it elsewhere

  @Test(arguments: [
    (["4BF92F3577B34DA6A3CE929D0E0E4736"], true), (["4bf92f35-77b3-4da6-a3ce-929d0e0e4736"], true),
    (["order-17", "4bf92f3577b34da6a3ce929d0e0e4736"], true), ([], false), (["order-17"], false),
    (["4bf92f35-77b34-da6-a3ce-929d0e0e4736"], false), (["00000000-0000-0000-0000-000000000000"], false),
    (["4bf92f3577b34da6a3ce929d0e0e47361"], false),
  ])
  func takesNames(names: [String], isTaken: Bool) {
    #expect((context([], names: names).trace.description == Self.trace) == isTaken)
    // The standard's own header comes first.
    let other = Self.good.replacing("4bf9", with: "4bf8")
    #expect(context([other], names: names).trace.description.hasPrefix("4bf8"))
  }

  @Test func madeIdsAreAnybodysNextToNobodys() {
    var generator = SeededGenerator(seed: 4)
    let ids = (0..<1_000).map { _ in TraceID.random(using: &generator) }
    #expect(Set(ids).count == 1_000)
    for id in ids { #expect(TraceID(id.description) == id) }
    #expect(TraceID("0000000000000000000000000000000f")?.description == "0000000000000000000000000000000f")
  }
}
