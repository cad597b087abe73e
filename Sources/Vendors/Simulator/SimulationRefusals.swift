import Configuration

/// What a simulator answers to a handshake that its vendor would not take.
public struct SimulationRefusals: Sendable, Equatable {
  public struct Answer: Sendable, Equatable {
    public var status = 400
    public var headers: [CredentialPlacement.NamedTemplate] = []
    public var body: MessageTemplate?

    public init() {}

    init(status: Int) { self.status = status }
  }

  /// Something that must not be there.
  public struct Forbidden: Sendable, Equatable {
    public var header: String?
    public var subprotocol: String?
    public var query: String?
    /// The vendor accepts and closes.
    public var close: CloseFrame?
    /// The vendor refuses.
    public var answer: Answer?

    public init() {}
  }

  public var credential = Answer(status: 401)
  public var query = Answer(status: 400)
  public var format = Answer(status: 400)
  public var path = Answer(status: 404)
  public var header = Answer(status: 400)
  public var subprotocol = Answer(status: 400)
  /// Credential, parameters and format are looked at only after the upgrade.
  public var isLate = false
  public var forbidden: [Forbidden] = []

  public init() {}
}

extension SimulationRefusals: Section {
  public static let section = SectionDescription<SimulationRefusals>(
    "VendorSimulationRefusals", "What the simulator answers to a handshake that the vendor would not take.",
    fields: [
      Field("credential", \.credential, .section, "The credential is missing, wrong, or not where it belongs."),
      Field("query", \.query, .section, "A required parameter is missing."),
      Field("format", \.format, .section, "The declared audio format is not taken."),
      Field("path", \.path, .section, "The path is not the endpoint's."),
      Field("header", \.header, .section, "A required header is missing."),
      Field("subprotocol", \.subprotocol, .section, "None of the subprotocols that the vendor knows is offered."),
      Field(
        "late", \.isLate, .boolean,
        "Credential, parameters and format are looked at only after the upgrade: `unauthorized` and `bad_format` say the rest."),
      Field("forbidden", \.forbidden, .list(of: .section, noun: "forbidden"), "What must not be there."),
    ])
}

extension SimulationRefusals.Answer: Section {
  public static let section = SectionDescription<SimulationRefusals.Answer>(
    "VendorSimulationAnswer", "An HTTP answer.",
    fields: [
      Field("status", \.status, .integer(300...599), required: true, "Status."),
      Field("headers", \.headers, ValueTypes.headers, "Headers."),
      Field("body", \.body, ValueTypes.message, "Body; `{error}` says what is wrong."),
    ])
}

extension SimulationRefusals.Forbidden: Section {
  public static let section = SectionDescription<SimulationRefusals.Forbidden>(
    "VendorSimulationForbidden", "Something that must not be in a handshake.",
    fields: [
      Field("header", \.header, .text, "A header of this name."),
      Field("subprotocol", \.subprotocol, .text, "This subprotocol."),
      Field("query", \.query, .text, "A parameter of this name."),
      Field("close", \.close, .section, "The vendor accepts, and closes with this."),
      Field("answer", \.answer, .section, "The vendor refuses with this."),
    ],
    rules: [.exactlyOne(["header", "subprotocol", "query"]), .exactlyOne(["close", "answer"])])
}
