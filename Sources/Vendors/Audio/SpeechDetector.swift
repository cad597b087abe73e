/// Finds speech and its syllables in PCM16 by loudness.
///
/// The stream is cut into 20 ms frames wherever its pieces were cut, so the same audio gives the same events. A syllable is a peak of the
/// smoothed loudness that stands out from the dips on both sides.
public struct SpeechDetector: Sendable {
  /// What counts as speech.
  public struct Settings: Sendable, Equatable {
    /// Root mean square loudness (0...32767) above which a frame may be speech; also never below four times the noise floor.
    public var threshold: Double
    /// Loud frames in a row that begin speech.
    public var framesToStart: Int
    /// Quiet milliseconds that end it.
    public var silenceMilliseconds: Int

    public init(threshold: Double = 400, framesToStart: Int = 3, silenceMilliseconds: Int = 500) {
      self.threshold = threshold
      self.framesToStart = framesToStart
      self.silenceMilliseconds = silenceMilliseconds
    }
  }

  public static let frameMilliseconds = 20

  public var settings: Settings
  /// Samples per second.
  public let rate: Int
  /// Samples seen, those of an unfinished frame included.
  public private(set) var position = 0
  /// The sample at which the current speech began, nil in silence.
  public private(set) var speechStart: Int?
  private let frameLength: Int
  private var frame: [Int16] = []
  private var noise = 50.0
  private var loudFrames = 0
  private var quietFrames = 0
  private var lastLoudEnd = 0
  private var peaks = SyllableCounter()

  public init(rate: Int, settings: Settings = Settings()) {
    self.rate = max(rate, 50)
    self.settings = settings
    frameLength = max(rate, 50) * Self.frameMilliseconds / 1000
    frame.reserveCapacity(frameLength)
  }

  /// Seconds of `samples` samples.
  public func seconds(_ samples: Int) -> Double { Double(samples) / Double(rate) }

  public mutating func process(_ samples: [Int16]) -> [SpeechEvent] {
    var events: [SpeechEvent] = []
    for sample in samples {
      frame.append(sample)
      position += 1
      if frame.count == frameLength {
        take(loudness(frame), events: &events)
        frame.removeAll(keepingCapacity: true)
      }
    }
    return events
  }

  /// Ends the speech under way, if any, at the last loud sample: the stream has ended, or somebody asked for a turn's end.
  public mutating func finish() -> [SpeechEvent] {
    var events: [SpeechEvent] = []
    if let speechStart { stop(speechStart, events: &events) }
    return events
  }

  private mutating func take(_ loudness: Double, events: inout [SpeechEvent]) {
    let enter = max(settings.threshold, noise * 4)
    let frameStart = position - frameLength
    guard let speechStart else {
      if loudness >= enter {
        loudFrames += 1
        peaks.take(loudness, start: frameStart, end: position, floor: enter)
        if loudFrames >= settings.framesToStart {
          let start = position - loudFrames * frameLength
          self.speechStart = start
          lastLoudEnd = position
          quietFrames = 0
          events.append(.started(at: start))
        }
      } else {
        loudFrames = 0
        peaks = SyllableCounter()
        // The floor follows the quiet, slowly, and never so far that it swallows speech.
        noise = min(noise + (loudness - noise) * 0.05, 1000)
      }
      return
    }
    if let syllable = peaks.take(loudness, start: frameStart, end: position, floor: enter) {
      events.append(.syllable(start: syllable.lowerBound, end: syllable.upperBound))
    }
    if loudness >= enter / 2 {
      quietFrames = 0
      lastLoudEnd = position
    } else {
      quietFrames += 1
      if quietFrames * Self.frameMilliseconds >= settings.silenceMilliseconds { stop(speechStart, events: &events) }
    }
  }

  private mutating func stop(_ start: Int, events: inout [SpeechEvent]) {
    if let syllable = peaks.finish(end: lastLoudEnd) { events.append(.syllable(start: syllable.lowerBound, end: syllable.upperBound)) }
    events.append(.stopped(start: start, end: lastLoudEnd))
    speechStart = nil
    loudFrames = 0
    quietFrames = 0
    peaks = SyllableCounter()
  }

  private func loudness(_ samples: [Int16]) -> Double {
    var sum = 0.0
    for sample in samples { sum += Double(sample) * Double(sample) }
    return (sum / Double(samples.count)).squareRoot()
  }
}
