import Configuration
import JSON
import YAML

/// How a vendor's simulator behaves: what it says on which occasion. Transcripts, times, audio and usage follow from the audio it hears.
public struct Simulation: Sendable, Equatable {
  /// When something is to be said.
  public enum Occasion: String, Sendable, CaseIterable {
    case open
    /// A message or audio came before the first message that the vendor requires.
    case tooEarly = "too_early"
    /// The credential is missing or wrong, and the vendor says so only after the upgrade.
    case unauthorized
    /// The client declared a format that the vendor does not take.
    case badFormat = "bad_format"
    /// A message that is no JSON, or of no known type.
    case badMessage = "bad_message"
    /// Audio that can't be decoded.
    case undecodable
    /// Something asked for a turn's end, but there was no audio.
    case nothingHeard = "nothing_heard"
    /// A piece of the client's audio was taken.
    case heard
    case speechStarted = "speech_started"
    case partial
    case speechStopped = "speech_stopped"
    /// A turn's transcript is final.
    case committed
    case responseStarted = "response_started"
    /// A few words of the reply, before the audio that holds them.
    case responseText = "response_text"
    case responseAudio = "response_audio"
    case responseFinished = "response_finished"
    case responseCancelled = "response_cancelled"
    /// The vendor's longest session is over.
    case expired
  }

  public struct Detector: Sendable, Equatable {
    public var silence = Duration.milliseconds(500)
    public var threshold = 400.0

    public init() {}
  }

  public struct Tokens: Sendable, Equatable {
    public var input = 0.0
    public var output = 0.0

    public init() {}
  }

  public struct Response: Sendable, Equatable {
    /// Between the response's first message and its first audio.
    public var delay = Duration.milliseconds(200)
    public var chunk = Duration.milliseconds(200)
    /// How many times faster than real time audio is sent.
    public var pace = 4.0
    public var text = TextTemplate("{transcript}")
    /// What is said where a response was asked for and no speech had been heard.
    public var unheard = TextTemplate("{typed}")

    public init() {}
  }

  public struct MessageRule: Sendable, Equatable {
    public var match: MessageMatch?
    public var steps: [SimulationStep] = []

    public init() {}
  }

  public var refuse = SimulationRefusals()
  public var detector = Detector()
  public var partialEvery: Duration?
  /// One element of `{words}`.
  public var word: MessageTemplate?
  /// Tokens a second of audio.
  public var tokens = Tokens()
  public var response = Response()
  /// State that messages may change and templates may name.
  public var variables: [String: MessageTemplate] = [:]
  public var on: [Occasion: [SimulationStep]] = [:]
  public var messages: [MessageRule] = []

  public init() {}
}

extension Simulation: Section {
  public static let section = SectionDescription<Simulation>(
    "VendorSimulation", "How the vendor's simulator behaves.",
    fields: [
      Field("refuse", \.refuse, .section, "What a refused handshake is answered."),
      Field("detector", \.detector, .section, "When speech begins and ends."),
      Field(
        "partial_every", \.partialEvery, .duration(.milliseconds(20)...Duration.seconds(3600)),
        "How often `partial` comes while somebody speaks, by the stream's time."),
      Field("word", \.word, ValueTypes.message, "One element of `{words}`; `{word}`, `{start}` and `{end}` are its own."),
      Field("tokens", \.tokens, .section, "Tokens for a second of audio."),
      Field("response", \.response, .section, "How it answers with audio."),
      Field("variables", \.variables, .map(of: ValueTypes.message), "State that messages may change and templates may name."),
      Field("on", \.on, occasions, "Occasion -> steps."),
      Field(
        "messages", \.messages, .list(of: .section, noun: "message rule"),
        "What client messages bring about; the first that matches counts, and others are `bad_message`."),
    ],
    check: { value, node, place, reader in SimulationCheck.check(value, node, place, &reader) })

  private static let occasions = ValueType<[Occasion: [SimulationStep]]>(
    "mapping of occasion to list of VendorSimulationStep", shape: .map(SimulationStep.list.shape, keyPattern: nil)
  ) { node, place, _, reader in
    guard let entries = node.mapping else {
      reader.mismatch(node, at: place, expected: "a mapping of occasions to steps")
      return nil
    }
    var occasions: [Occasion: [SimulationStep]] = [:]
    for entry in entries {
      guard let occasion = Occasion(rawValue: entry.name) else {
        let suggestion = Suggestion.nearest(to: entry.name, among: Occasion.allCases.map(\.rawValue))
        reader.error("unknown occasion '\(Quote.plain(entry.name))' in \(place.owner)", at: entry.key.start, suggestion: suggestion)
        continue
      }
      occasions[occasion] = SimulationStep.list.read(entry.value, place.field(entry.name), nil, &reader)
    }
    return occasions
  }
}

extension Simulation.Detector: Section {
  public static let section = SectionDescription<Simulation.Detector>(
    "VendorSimulationDetector", "When speech begins and ends.",
    fields: [
      Field("silence", \.silence, .duration(.milliseconds(20)...Duration.seconds(60)), "Silence that ends speech."),
      Field("threshold", \.threshold, .number(1...32767), "Root mean square loudness of speech."),
    ])
}

extension Simulation.Tokens: Section {
  public static let section = SectionDescription<Simulation.Tokens>(
    "VendorSimulationTokens", "Tokens for a second of audio.",
    fields: [
      Field("input", \.input, .number(0...10_000), "Of the client's."),
      Field("output", \.output, .number(0...10_000), "Of the vendor's."),
    ])
}

extension Simulation.Response: Section {
  public static let section = SectionDescription<Simulation.Response>(
    "VendorSimulationResponse", "How the simulator answers with audio: what it heard, or what it was told to say.",
    fields: [
      Field("delay", \.delay, .duration, "Before the first audio."),
      Field("chunk", \.chunk, .duration(.milliseconds(20)...Duration.seconds(10)), "Audio of one message."),
      Field("pace", \.pace, .number(0.1...1000), "How many times faster than real time audio is sent."),
      Field("text", \.text, ValueTypes.template, "What it says to speech it heard."),
      Field("unheard", \.unheard, ValueTypes.template, "What it says where it heard none."),
    ])
}

extension Simulation.MessageRule: Section {
  public static let section = SectionDescription<Simulation.MessageRule>(
    "VendorSimulationMessage", "What a client message brings about.",
    fields: [
      Field("match", \.match, ValueTypes.match, required: true, "Which messages."),
      Field("steps", \.steps, SimulationStep.list, "What happens."),
    ])
}
