/// What a `SpeechDetector` found. Positions are samples from the stream's first.
public enum SpeechEvent: Sendable, Equatable {
  /// Speech began at this sample.
  case started(at: Int)
  /// A syllable: a peak of loudness, with the dips before and after it.
  case syllable(start: Int, end: Int)
  /// Speech ended; `end` is the last loud sample, not the end of the silence that told.
  case stopped(start: Int, end: Int)
}
