import Testing
@testable import Vendors

@Suite struct CallFiguresTests {
  @Test func percentilesAreNearestRanks() {
    let samples = CallFigures.Samples((1...200).shuffled().map { .milliseconds($0) })
    #expect(samples.percentile(0.5) == .milliseconds(100))
    #expect(samples.percentile(0.95) == .milliseconds(190))
    #expect(samples.percentile(0.99) == .milliseconds(198))
    #expect(samples.percentile(1) == .milliseconds(200))
    #expect(samples.percentile(0) == .milliseconds(1))
    #expect(CallFigures.Samples([.seconds(3)]).percentile(0.99) == .seconds(3))
    #expect(CallFigures.Samples().percentile(0.5) == nil)
  }

  @Test func aStopwatchMeasuresFromTheWordsThatWereSent() {
    var watch = CallStopwatch(speech: [0.25..<0.75, 1.5..<2.0])
    for piece in 1...30 {
      let now = Duration.milliseconds(100 * piece)
      watch.sent(upTo: Double(piece) / 10, now: now)
      if piece == 5 { watch.heard(CallTranscript("al", isFinal: false, speaker: .client), now: now) }
      if piece == 6 { watch.heard(CallTranscript("al", isFinal: true, speaker: .vendor), now: now) }
      if piece == 10 || piece == 11 { watch.heard(CallTranscript("alpha", isFinal: true, speaker: .client), now: now) }
      // An answer that runs into the second stretch, and one to that.
      if [12, 13, 17, 26, 28].contains(piece) { watch.heardAudio(now: now) }
    }
    #expect(watch.figures.firstTranscript == .milliseconds(200))
    #expect(watch.figures.finalTranscripts.values == [.milliseconds(200)])
    #expect(watch.figures.answers.values == [.milliseconds(400), .milliseconds(600)])
    #expect(watch.figures.audioGaps.values == [.milliseconds(100), .milliseconds(400), .milliseconds(200)])
    #expect(watch.figures.firstAudio == .milliseconds(400))
    #expect(watch.hasSentAllSpeech)
  }

  @Test func whatComesBeforeAnyWordIsNotMeasured() {
    var watch = CallStopwatch(speech: [1.0..<2.0])
    watch.sent(upTo: 0.5, now: .milliseconds(500))
    watch.heardAudio(now: .milliseconds(500))
    watch.heard(CallTranscript("hello", isFinal: true, speaker: .client), now: .milliseconds(500))
    #expect(watch.figures == CallFigures())
  }
}
