import TestSupport
import Testing
@testable import Vendors

@Suite struct SpeechDetectorTests {
  @Test(arguments: [8_000, 16_000, 24_000, 48_000], [1, 2, 5, 12])
  func speechIsFoundWhereItIs(rate: Int, syllables: Int) throws {
    var detector = SpeechDetector(rate: rate)
    let events = detector.process(speech(syllables: syllables, rate: rate))
    guard case .started(let start)? = events.first, case .stopped(let again, let end)? = events.last else {
      Issue.record("no speech in \(events)")
      return
    }
    #expect(start == again)
    let length = syllables * SyntheticSpeech.syllableMilliseconds + (syllables - 1) * SyntheticSpeech.gapMilliseconds
    #expect(abs(detector.seconds(start) - 0.3) < 0.05)
    #expect(abs(detector.seconds(end) - 0.3 - Double(length) / 1000) < 0.05)
    #expect(events.count { if case .syllable = $0 { true } else { false } } == syllables)
    var last = start - rate / 10
    for case .syllable(let from, let to) in events {
      #expect(from >= last && to > from)
      last = to
    }
  }

  @Test func silenceAndHumAreNoSpeech() {
    var detector = SpeechDetector(rate: 16_000)
    #expect(detector.process(SyntheticSpeech.silence(milliseconds: 2000, rate: 16_000)) == [])
    var random = SeededGenerator(seed: 3)
    #expect(detector.process((0..<32_000).map { _ in Int16.random(in: -200...200, using: &random) }) == [])
    #expect(
      detector.process(
        [Int16](repeating: 0, count: 100) + Array(repeating: 20_000, count: 300)
          + Array(
            repeating: 0,
            count: 8000)) == [])
  }

  @Test func noiseBehindSpeechHidesNothing() {
    var random = SeededGenerator(seed: 5)
    let noisy = speech(syllables: 6, rate: 16_000).map { Int16(clamping: Int($0) + Int.random(in: -150...150, using: &random)) }
    var detector = SpeechDetector(rate: 16_000)
    let events = detector.process(noisy)
    #expect(events.count { if case .syllable = $0 { true } else { false } } == 6)
    #expect(events.count { if case .stopped = $0 { true } else { false } } == 1)
  }

  @Test func aPauseShorterThanTheSilenceIsOneSpeech() {
    let gap = { (milliseconds: Int) in
      SyntheticSpeech.samples(syllables: 2, rate: 16_000) + SyntheticSpeech.silence(milliseconds: milliseconds, rate: 16_000)
        + SyntheticSpeech.samples(syllables: 2, rate: 16_000) + SyntheticSpeech.silence(milliseconds: 800, rate: 16_000)
    }
    for (milliseconds, stops) in [(300, 1), (700, 2)] {
      var detector = SpeechDetector(rate: 16_000)
      #expect(detector.process(gap(milliseconds)).count { if case .stopped = $0 { true } else { false } } == stops)
    }
  }

  @Test func finishEndsWhatIsUnderWay() {
    var detector = SpeechDetector(rate: 16_000)
    var events = detector.process(SyntheticSpeech.samples(syllables: 3, rate: 16_000))
    #expect(detector.speechStart != nil)
    events += detector.finish()
    #expect(events.count { if case .syllable = $0 { true } else { false } } == 3)
    #expect(detector.speechStart == nil)
    #expect(detector.finish() == [])
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5])
  func cutsMakeNoDifference(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let samples = speech(syllables: 7, rate: 16_000) + speech(syllables: 3, rate: 16_000)
    var whole = SpeechDetector(rate: 16_000), cut = whole
    var rest = samples[...], events: [SpeechEvent] = []
    while !rest.isEmpty {
      let count = Int.random(in: 1...2000, using: &random)
      events += cut.process(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(events == whole.process(samples), "seed \(seed)")
  }
}
