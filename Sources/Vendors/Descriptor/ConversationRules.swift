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

  /// Raw audio, mono, by what it is and not by a vendor's name of it.
  public struct Sound: Sendable, Equatable {
    public var encoding = AudioEncoding.pcmS16LE
    /// Hz.
    public var rate = 24_000

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
  /// The audio that comes back for `opening` and `say`, where nothing of `audio` tells.
  public var output: Sound?
  public var transcripts: [Transcript] = []
  /// Messages that say that the client has ended: from there on it waits for an answer.
  public var speechEnd: [MessageMatch] = []
  /// Messages that end a turn: the vendor has heard the client out, and has said what it had to say.
  public var turnEnd: [MessageMatch] = []

  public init() {}

  /// The same as a format.
  var sound: AudioFormat? { output.map { AudioFormat(encoding: $0.encoding, rate: $0.rate) } }

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
      Field("output", \.output, .section, "The raw audio that comes back for `opening` and `say`, where nothing of `audio` tells."),
      Field(
        "transcripts", \.transcripts, .list(of: .section, noun: "transcript"), "Messages that hold words; the first that matches counts."),
      Field(
        "speech_end", \.speechEnd, .list(of: ValueTypes.match),
        "Messages that say that the client's speech has ended; without them its final words say it."),
      Field("turn_end", \.turnEnd, .list(of: ValueTypes.match), "Messages that end a turn."),
    ])
}

extension ConversationRules.Sound: Section {
  public static let section = SectionDescription<ConversationRules.Sound>(
    "VendorSound", "Raw audio of one channel.",
    fields: [
      Field("encoding", \.encoding, .choice, "What it is."),
      Field("rate", \.rate, .integer(1...768_000), "Sample rate in Hz."),
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
