import TestSupport
import Testing
@testable import Telemetry

@Suite struct TraceStateTests {
  private static let long = String(repeating: "a", count: 256)

  @Test(arguments: [
    (["foo=1"], "foo=1"), (["foo=1,bar=2"], "foo=1,bar=2"), (["foo=1", "bar=2"], "foo=1,bar=2"), (["foo=1 \t , \t bar=2, "], "foo=1,bar=2"),
    (["foo=1,,bar=2,"], "foo=1,bar=2"), (["a1_-*/=1"], "a1_-*/=1"), (["0tenant@sys=1"], "0tenant@sys=1"), (["foo= 1 2"], "foo= 1 2"),
    (["foo=!\"#$%&'()*+-./:;<>?@[]^_`{|}~"], "foo=!\"#$%&'()*+-./:;<>?@[]^_`{|}~"), (["\(long)=1"], "\(long)=1"),
    (
      ["\(String(repeating: "t", count: 241))@\(String(repeating: "v", count: 14))=1"],
      "\(String(repeating: "t", count: 241))@\(String(repeating: "v", count: 14))=1"
    ),
  ])
  func passes(lines: [String], text: String) {
    #expect(TraceState(lines)?.text == text)
  }

  @Test(arguments: [
    [], [""], [",, "], ["foo"], ["foo="], ["=1"], ["foo=1=2"], ["Foo=1"], ["1foo=1"], ["foo =1"], ["foo@=1"], ["@foo=1"], ["foo@@bar=1"],
    ["foo@bar@baz=1"], ["foo@1bar=1"], ["föö=1"], ["foo=ö"], ["foo=\u{1}"], ["foo=1\u{7f}"], ["foo.bar=1"], ["ok=1", "not ok=1"],
    [long + "a=1"], ["foo=" + long + "a"], [String(repeating: "t", count: 242) + "@v=1"], ["t@" + String(repeating: "v", count: 15) + "=1"],
    [(0..<33).map { "k\($0)=1" }.joined(separator: ",")],
  ])
  func isDropped(lines: [String]) {
    #expect(TraceState(lines) == nil)
  }

  @Test func thirtyTwoMembersPass() {
    let line = (0..<32).map { "k\($0)=1" }.joined(separator: ",")
    #expect(TraceState([line])?.text == line)
  }

  /// Whole members go: long ones first, then the last.
  @Test func isCutToItsLimit() {
    let (short, long) = (String(repeating: "s", count: 96), String(repeating: "l", count: 196))
    let line = "a=\(short),b=\(long),c=\(short),d=\(short),e=\(long)"
    #expect(TraceState([line])?.text == "a=\(short),b=\(long),c=\(short),d=\(short)")
    let shorts = (0..<8).map { "k\($0)=\(short)" }
    #expect(TraceState([shorts.joined(separator: ",")])?.text == shorts[..<5].joined(separator: ","))
    let exact = "a=" + String(repeating: "x", count: 253) + ",b=" + String(repeating: "x", count: 254)
    #expect(exact.utf8.count == 512 && TraceState([exact])?.text == exact)
  }

  /// Whatever comes in, what goes out is one line in the format, and stays what it is at the next hop.
  @Test func isStable() {
    for seed in UInt64(0)..<2_000 {
      var generator = SeededGenerator(seed: seed)
      let alphabet = Array("ab1@=,, _\t")
      let lines = (0..<3).map { _ in
        String((0..<Int.random(in: 0...24, using: &generator)).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
      }
      guard let state = TraceState(lines) else { continue }
      #expect(TraceState([state.text]) == state, "seed \(seed)")
      #expect(state.text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && state.text.utf8.count <= TraceState.limit, "seed \(seed)")
    }
  }
}
