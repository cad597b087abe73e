import Testing
@testable import Vendors

@Suite struct TurnWatchTests {
  @Test func beginsOnceAndEnds() {
    var turns = TurnWatch(marksSpeech: true)
    let begun = (1...3).map { _ in turns.begin() }
    #expect(begun == [true, false, false] && turns.isUnderWay)
    turns.end()
    #expect(!turns.isUnderWay)
    let again = turns.begin()
    #expect(again)
  }

  @Test func anAnswerIsMeasuredOnce() {
    var turns = TurnWatch(marksSpeech: true)
    #expect(turns.vendorAudio(now: 10) == nil)
    turns.clientAudio(now: 20)
    #expect(turns.vendorAudio(now: 30) == nil)
    turns.speechEnded(now: 40)
    turns.speechEnded(now: 50)
    #expect(turns.vendorAudio(now: 120) == 70)
    #expect(turns.vendorAudio(now: 130) == nil)
  }

  @Test func totalsNeverShrink() {
    var tally = UsageTally(reports: 3)
    let sums = [3, 3].map { tally.take($0, of: 0, .sum) }
    let last = [3, 2, 5].map { tally.take($0, of: 1, .last) }
    let most = [3, 1].map { tally.take($0, of: 2, .max) }
    #expect(sums == [3, 3] && last == [3, 0, 2] && most == [3, 0])
    for amount in [0, -1, .nan, .infinity, 1e13] {
      let growth = tally.take(amount, of: 0, .sum)
      #expect(growth == 0, "\(amount)")
    }
  }

  /// Whatever a vendor repeats, what counts it does not overflow.
  @Test func totalsEndSomewhere() {
    var tally = UsageTally(reports: 1)
    let growths = (1...3).map { _ in tally.take(0.6e12, of: 0, .sum) }
    #expect(growths == [0.6e12, 0.4e12, 0])
  }
}
