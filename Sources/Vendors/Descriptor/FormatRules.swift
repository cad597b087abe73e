import Configuration

/// Where a session's audio format is declared (D11).
public struct FormatRules: Sendable, Equatable {
  /// Where one direction's properties stand: names of query parameters, or JSON paths.
  public struct Places: Sendable, Equatable {
    public var encoding: String?
    public var rate: String?
    public var channels: String?
    public var container: String?

    public init() {}
  }

  public struct Directions: Sendable, Equatable {
    public var input: Places?
    public var output: Places?
    /// For messages: which one declares.
    public var match: MessageMatch?
    /// One value that says everything, such as `pcm_16000`: value -> format.
    public var composite: [String: Fixed] = [:]

    public init() {}
  }

  /// A format written out, by the vendor's name of it.
  public struct Fixed: Sendable, Equatable {
    public var encoding: String?
    public var rate: Int?
    public var channels: Int?

    public init() {}
  }

  public struct Defaults: Sendable, Equatable {
    public var input: Fixed?
    public var output: Fixed?

    public init() {}
  }

  public var query: Directions?
  public var message: Directions?
  public var initBody: Directions?
  public var perMessage: Directions?
  public var serverMessage: Directions?
  /// What holds where nothing is declared. Without it, undeclared audio says itself what it is (a container).
  public var defaults = Defaults()

  public init() {}
}

extension FormatRules: Section {
  public static let section = SectionDescription<FormatRules>(
    "VendorFormatRules", "Where a session's audio format is declared.",
    fields: [
      Field("query", \.query, .section, "In query parameters."),
      Field("message", \.message, .section, "In a client message that `match`es."),
      Field("init_body", \.initBody, .section, "In the body of the `init` request."),
      Field("per_message", \.perMessage, .section, "In every audio message."),
      Field("server_message", \.serverMessage, .section, "In a message of the vendor."),
      Field("defaults", \.defaults, .section, "What holds where nothing is declared; without it such audio is a container."),
    ],
    rules: [.atMostOne(["query", "message", "init_body", "per_message", "server_message"])])
}

extension FormatRules.Directions: Section {
  public static let section = SectionDescription<FormatRules.Directions>(
    "VendorFormatDirections", "Where each direction's properties stand.",
    fields: [
      Field("match", \.match, ValueTypes.match, "Which message declares."),
      Field("input", \.input, .section, "Audio of the client."),
      Field("output", \.output, .section, "Audio of the vendor."),
      Field("composite", \.composite, .map(of: .section), "Values that say everything, and what they say."),
    ])
}

extension FormatRules.Places: Section {
  public static let section = SectionDescription<FormatRules.Places>(
    "VendorFormatPlaces", "Names of query parameters or JSON paths.",
    fields: [
      Field("encoding", \.encoding, .text, "The encoding."),
      Field("rate", \.rate, .text, "The sample rate in Hz."),
      Field("channels", \.channels, .text, "The channel count."),
      Field("container", \.container, .text, "The container."),
    ])
}

extension FormatRules.Fixed: Section {
  public static let section = SectionDescription<FormatRules.Fixed>(
    "VendorFixedFormat", "A format by the vendor's name of it.",
    fields: [
      Field("encoding", \.encoding, .text, "The vendor's name of the encoding."),
      Field("rate", \.rate, .integer(1...768_000), "Sample rate in Hz."),
      Field("channels", \.channels, .integer(1...64), "Channel count."),
    ])
}

extension FormatRules.Defaults: Section {
  public static let section = SectionDescription<FormatRules.Defaults>(
    "VendorFormatDefaults", "Formats that hold where nothing is declared.",
    fields: [
      Field("input", \.input, .section, "Audio of the client."),
      Field("output", \.output, .section, "Audio of the vendor."),
    ])
}
