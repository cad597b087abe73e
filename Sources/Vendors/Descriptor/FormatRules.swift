import Configuration

/// Where a session's audio format is declared.
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
    /// How such a value is put together, such as `{encoding}_{rate}`: the first that fits counts.
    public var patterns: [TextTemplate] = []

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
  /// Where a message may have several forms, each says where it declares.
  public var perMessageForms: [Directions] = []
  public var serverMessage: Directions?
  /// What holds where nothing is declared. Without it, undeclared audio says itself what it is (a container).
  public var defaults = Defaults()

  public init() {}

  /// The usual form of what every audio message declares.
  public var perMessage: Directions? {
    get { perMessageForms.first }
    set { perMessageForms = newValue.map { [$0] } ?? [] }
  }
}

extension FormatRules: Section {
  public static let section = SectionDescription<FormatRules>(
    "VendorFormatRules", "Where a session's audio format is declared.",
    fields: [
      Field("query", \.query, .section, "In query parameters."),
      Field("message", \.message, .section, "In a client message that `match`es."),
      Field("init_body", \.initBody, .section, "In the body of the `init` request."),
      Field("per_message", \.perMessageForms, forms, "In every audio message; a list where it may have several forms."),
      Field("server_message", \.serverMessage, .section, "In a message of the vendor."),
      Field("defaults", \.defaults, .section, "What holds where nothing is declared; without it such audio is a container."),
    ],
    rules: [.atMostOne(["query", "message", "init_body", "per_message", "server_message"])])

  /// One form, or a list of them.
  private static let forms = ValueType<[Directions]>(
    "VendorFormatDirections, or list of them",
    shape: .any([ValueType<Directions>.section.shape, .list(ValueType<Directions>.section.shape, atLeast: 1)])
  ) { node, place, _, reader in
    guard node.sequence == nil else {
      return ValueType<[Directions]>.list(of: .section, noun: "form", atLeast: 1).read(node, place, nil, &reader)
    }
    return ValueType<Directions>.section.read(node, place, nil, &reader).map { [$0] }
  }
}

extension FormatRules.Directions: Section {
  public static let section = SectionDescription<FormatRules.Directions>(
    "VendorFormatDirections", "Where each direction's properties stand.",
    fields: [
      Field("match", \.match, ValueTypes.match, "Which message declares."),
      Field("input", \.input, .section, "Audio of the client."),
      Field("output", \.output, .section, "Audio of the vendor."),
      Field("composite", \.composite, .map(of: .section), "Values at `encoding` that say everything, and what they say."),
      Field(
        "pattern", \.patterns, .list(of: pattern, single: true),
        "How a value at `encoding` that says everything is put together: `{encoding}`, `{rate}`, `{channels}`, `{bitrate}` and text; "
          + "the first that fits counts, and what fits none is an encoding's name."),
    ])
}

extension FormatRules.Directions {
  static let names: Set<String> = ["encoding", "rate", "channels", "bitrate"]

  private static let pattern = ValueTypes.template.checked { template in
    guard template.variables.contains("encoding") else { return "must hold '{encoding}'" }
    return template.variables.first { !names.contains($0) }.map { "holds '{\($0)}'; expected encoding, rate, channels or bitrate" }
  }
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
