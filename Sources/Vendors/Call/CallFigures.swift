/// How long a call's steps took.
public struct CallFigures: Sendable, Equatable {
  /// Durations of one kind, in the order they came.
  public struct Samples: Sendable, Equatable {
    public private(set) var values: [Duration] = []

    public init(_ values: [Duration] = []) { self.values = values }

    public mutating func append(_ value: Duration) { values.append(value) }

    public var count: Int { values.count }

    /// The least value that at least this share (0...1) of the values do not exceed (nearest rank); nil without values.
    public func percentile(_ share: Double) -> Duration? {
      guard !values.isEmpty else { return nil }
      let rank = Int((share * Double(values.count)).rounded(.up))
      return values.sorted()[min(max(rank, 1), values.count) - 1]
    }
  }

  /// From the start of the call to readiness for audio.
  public internal(set) var ready: Duration?
  /// From sending the piece in which speech begins to the first words of the caller's that came back.
  public internal(set) var firstTranscript: Duration?
  /// From sending the piece in which a stretch of speech ends to the first returned audio after it, once for each answer.
  public internal(set) var answers = Samples()
  /// From sending the piece in which a stretch of speech ends to the first final transcript after it.
  public internal(set) var finalTranscripts = Samples()
  /// Between one piece of returned audio and the next of the same answer.
  public internal(set) var audioGaps = Samples()

  public init() {}

  /// The first of the answers.
  public var firstAudio: Duration? { answers.values.first }
}
