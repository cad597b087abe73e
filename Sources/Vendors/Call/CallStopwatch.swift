/// Knows when which part of the speech was sent, and measures from there.
struct CallStopwatch: Sendable {
  private(set) var figures = CallFigures()
  /// Stretches of speech in seconds of the recording.
  private let speech: [Range<Double>]
  private var firstSpeechAt: Duration?
  /// How many stretches have begun, and have ended.
  private var begun = 0
  private var ended = 0
  private var endedAt = Duration.zero
  /// How many stretches had ended when the last answer and the last final transcript came.
  private var answered = 0
  private var transcribed = 0
  private var lastAudioAt: Duration?

  init(speech: [Range<Double>]) { self.speech = speech }

  /// Everything of the recording before `seconds` has been sent.
  mutating func sent(upTo seconds: Double, now: Duration) {
    while begun < speech.count, speech[begun].lowerBound < seconds {
      if begun == 0 { firstSpeechAt = now }
      begun += 1
    }
    // Half a millisecond, because the last frame of a file need not end where its last sample does.
    while ended < begun, speech[ended].upperBound <= seconds + 0.0005 {
      ended += 1
      endedAt = now
    }
  }

  /// Whether the last word of the recording has been sent.
  var hasSentAllSpeech: Bool { ended == speech.count }

  private var isSpeaking: Bool { begun > ended }

  /// - Parameter now: since the start of the call.
  mutating func ready(now: Duration) { figures.ready = now }

  mutating func heard(_ transcript: CallTranscript, now: Duration) {
    guard transcript.speaker == .client else { return }
    if figures.firstTranscript == nil, let firstSpeechAt { figures.firstTranscript = now - firstSpeechAt }
    guard transcript.isFinal, !isSpeaking, ended > transcribed else { return }
    transcribed = ended
    figures.finalTranscripts.append(now - endedAt)
  }

  mutating func heardAudio(now: Duration) {
    // What comes while somebody speaks belongs to an answer that is about to be broken off.
    if !isSpeaking, ended > answered {
      answered = ended
      figures.answers.append(now - endedAt)
    } else if let lastAudioAt {
      figures.audioGaps.append(now - lastAudioAt)
    }
    lastAudioAt = now
  }
}
