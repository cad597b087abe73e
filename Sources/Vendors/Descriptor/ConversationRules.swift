import Configuration
import JSON

/// What a session's messages say to whoever follows it: what a client without wishes of its own begins with, where words are, what ends a
/// turn.
public struct ConversationRules: Sendable, Equatable {
  /// Where a message of the vendor holds words.
  public struct Transcript: Sendable, Equatable {
    /// What the words are to those before them.
    public enum Form: String, Sendable, CaseIterable {
      /// All words of the utterance so far; the next ones replace them.
      case interim
      /// Further words of the utterance, blanks included.
      case addition
      /// The whole utterance, for good.
      case final
    }

    /// Whose words they are.
    public enum Speaker: String, Sendable, CaseIterable {
      case client, vendor
    }

    public var match: MessageMatch?
    public var path: JSONPath?
    public var form = Form.final
    public var speaker = Speaker.client

    public init() {}
  }

  /// Query parameters of a client that wants to hear everything.
  public var query: [QueryRules.Pair] = []
  /// What a client sends as soon as the socket is open. The audio formats are filled in where `audio.format.message` says.
  public var opening: [MessageTemplate] = []
  /// What a client sends around each piece of audio, where the ways of audio do not say all of it.
  public var audio: MessageTemplate?
  /// What a client sends to have a text spoken.
  public var say: [MessageTemplate] = []
  public var transcripts: [Transcript] = []
  /// Messages that say that the client has ended: from there on it waits for an answer.
  public var speechEnd: [MessageMatch] = []
  /// Messages that end a turn: the vendor has heard the client out, and has said what it had to say.
  public var turnEnd: [MessageMatch] = []

  public init() {}

  /// Whether the message ends a turn.
  public func endsTurn(_ message: JSONValue) -> Bool { turnEnd.contains { $0.matches(message) } }
}

extension ConversationRules: Section {
  public static let section = SectionDescription<ConversationRules>(
    "VendorConversation", "What a session's messages say to whoever follows it.",
    fields: [
      Field("query", \.query, ValueTypes.pairs, "Parameters of a client that wants to hear everything."),
      Field(
        "opening", \.opening, .list(of: ValueTypes.message),
        "What a client without wishes of its own sends first; the audio formats are filled in where `audio.format.message` says, and "
          + "`{query.name}` is a parameter of the URL."),
      Field(
        "audio", \.audio, ValueTypes.message,
        "What a client sends around each piece of its audio, which goes where `audio.client` says; by itself, what that matches."),
      Field(
        "say", \.say, .list(of: ValueTypes.message),
        "What a client sends to have `{text}` spoken; `{model}` and `{voice}` are as it chooses."),
      Field(
        "transcripts", \.transcripts, .list(of: .section, noun: "transcript"), "Messages that hold words; the first that matches counts."),
      Field(
        "speech_end", \.speechEnd, .list(of: ValueTypes.match),
        "Messages that say that the client's speech has ended; without them its final words say it."),
      Field("turn_end", \.turnEnd, .list(of: ValueTypes.match), "Messages that end a turn."),
    ])
}

extension ConversationRules.Transcript: Section {
  public static let section = SectionDescription<ConversationRules.Transcript>(
    "VendorTranscript", "Messages that hold words.",
    fields: [
      Field("match", \.match, ValueTypes.match, required: true, "Which messages."),
      Field("path", \.path, ValueTypes.path, required: true, "Where the words stand."),
      Field(
        "form", \.form, .choice,
        "`interim`: all so far, to be replaced; `addition`: more of them; `final`: all of the utterance, for good."),
      Field("speaker", \.speaker, .choice, "Whose words: the `client`'s or the `vendor`'s."),
    ])
}
