import TestSupport
import Testing
@testable import Vendors

@Suite struct AudioPaceTests {
  @Test func onlyTheWindowCounts() {
    var pace = AudioPace()
    #expect(pace.add(5, now: 0) == 5)
    #expect(pace.add(7, now: 9_999) == 12)
    #expect(pace.add(1, now: 10_000) == 8, "what came ten seconds ago is forgotten")
    #expect(pace.add(1, now: 19_499) == 9)
    #expect(pace.add(1, now: 19_500) == 3)
    #expect(pace.add(1, now: 1_000_000) == 1)
    #expect(pace.add(2, now: 1_000_000_000_000) == 2)
  }

  /// A header may claim any length.
  @Test func moreThanFitsIsAsMuchAsFits() {
    var pace = AudioPace()
    #expect(pace.add(.max - 1, now: 0) == .max - 1)
    #expect(pace.add(.max, now: 600) == .max)
    #expect(pace.add(5, now: 600) == .max)
    #expect(pace.add(5, now: 10_000) == 6)
    #expect(pace.add(5, now: 100_000) == 5)
  }

  /// Never more than came in the window, never less than came in all of it but half a second.
  @Test(arguments: 0..<10)
  func theSumIsThatOfTheWindow(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var pace = AudioPace()
    var pieces: [(at: Int64, length: Int64)] = []
    var now = Int64.random(in: 0...1_000_000, using: &random)
    for _ in 0..<2000 {
      now += Int64.random(in: 0...[1, 50, 700, 30_000].randomElement(using: &random)!, using: &random)
      let length = Int64.random(in: 0...1000, using: &random)
      pieces.append((now, length))
      let sum = pace.add(length, now: now)
      let most = pieces.reduce(0) { $0 + ($1.at > now - 10_000 ? $1.length : 0) }
      let least = pieces.reduce(0) { $0 + ($1.at > now - 9_500 ? $1.length : 0) }
      #expect((least...most).contains(sum), "seed \(seed) at \(now)")
    }
  }
}
