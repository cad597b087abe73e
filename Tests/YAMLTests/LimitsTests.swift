import TestSupport
import Testing
import YAML

/// Texts that are small and want to become large.
@Suite struct LimitsTests {
  @Test func billionLaughs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    let loaded = Loader.load(text)
    #expect(loaded.root == nil)
    #expect(loaded.problems.map(\.kind) == [.tooManyNodes])
    #expect(loaded.problems.first?.message == "more than 200000 values, aliases expanded")
  }

  @Test func aliasCount() {
    let text = "a: &a x\nb: [" + Array(repeating: "*a", count: 11).joined(separator: ", ") + "]"
    #expect(Loader.load(text, limits: .init(aliases: 11)).problems.isEmpty)
    #expect(Loader.load(text, limits: .init(aliases: 10)).problems.map(\.kind) == [.tooManyAliases])
  }

  @Test func depth() {
    func nested(_ levels: Int) -> String { String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
    #expect(Loader.load(nested(64)).problems.isEmpty)
    #expect(Loader.load(nested(65)).problems.map(\.kind) == [.tooDeep])
    #expect(Loader.load(nested(65)).problems.map(\.mark) == [Mark(line: 1, column: 65)])
    #expect(Loader.load(nested(50_000)).root == nil)
  }

  /// An alias deep inside brings the levels behind it along.
  @Test func depthThroughAliases() {
    let text = "a: &a [[[x]]]\nb: [[*a]]"
    #expect(Loader.load(text, limits: .init(depth: 6)).problems.isEmpty)
    #expect(Loader.load(text, limits: .init(depth: 5)).problems.map(\.kind) == [.tooDeep])
  }

  @Test func size() {
    #expect(Loader.load("a: bc", limits: .init(bytes: 5)).problems.isEmpty)
    let problems = Loader.load("a: bcd", limits: .init(bytes: 5)).problems
    #expect(problems.map(\.description) == ["1:1: the text has 6 bytes; at most 5 are read"])
  }

  /// Any prefix, and any byte changed, ends in nodes or in located errors.
  @Test func damagedTexts() {
    let text = Array("a: &x {b: [1, \"two\", 'three'], <<: {c: |\n  four\n}}\nd: *x\n# é\n".utf8)
    for length in 0...text.count {
      check(Array(text[..<length]), "prefix of \(length)")
    }
    var generator = SeededGenerator(seed: 7)
    for round in 0..<2_000 {
      var damaged = text
      damaged[Int.random(in: 0..<text.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      check(damaged, "seed 7, round \(round)")
    }
  }

  private func check(_ bytes: [UInt8], _ name: String) {
    let loaded = Loader.load(bytes)
    #expect(loaded.root != nil || !loaded.problems.isEmpty, "\(name)")
    #expect(loaded.problems.allSatisfy { $0.mark >= .start && !$0.message.isEmpty }, "\(name)")
  }
}
