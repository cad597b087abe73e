/// Words, as far as they are known.
public struct CallTranscript: Sendable, Equatable {
  public var text: String
  /// The utterance is over and its words stay.
  public var isFinal: Bool
  public var speaker: ConversationRules.Transcript.Speaker

  public init(_ text: String, isFinal: Bool, speaker: ConversationRules.Transcript.Speaker) {
    self.text = text
    self.isFinal = isFinal
    self.speaker = speaker
  }
}
