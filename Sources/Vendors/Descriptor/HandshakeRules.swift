import Configuration
import YAML

/// Headers and subprotocols of the upgrade.
public struct HandshakeRules: Sendable, Equatable {
  /// Which subprotocol the client is answered.
  public enum Answer: Sendable, Equatable {
    /// The first that the client offered and that bears no credential.
    case first
    /// This one, if the client offered it.
    case fixed(String)

    var word: String {
      if case .fixed(let name) = self { name } else { "first" }
    }
  }

  /// Sent always; values may hold `{uuid}`, `{hex}`, `{date}` and the upstream's variables.
  public var headers: [CredentialPlacement.NamedTemplate] = []
  /// Client headers that go on.
  public var forward: [String] = []
  public var subprotocols = Subprotocols()
  /// Headers without which the vendor refuses.
  public var required: [Required] = []

  public init() {}

  public struct Required: Sendable, Equatable {
    public var header = ""
    /// Nil for any value.
    public var value: String?
    /// A query parameter that does as well.
    public var query: String?

    public init() {}
  }

  public struct Subprotocols: Sendable, Equatable {
    public var offer: [String] = []
    /// Members of the client's offer that go on.
    public var forward: [String] = []
    /// The upstream has to choose one of them.
    public var requireEcho = false
    public var answer = Answer.first

    public init() {}
  }

  var offer: [String] { subprotocols.offer }
  var forwardSubprotocols: [String] { subprotocols.forward }
  var answer: Answer { subprotocols.answer }
}

extension HandshakeRules: Section {
  public static let section = SectionDescription<HandshakeRules>(
    "VendorHandshake", "Headers and subprotocols of the upgrade.",
    fields: [
      Field(
        "headers", \.headers, ValueTypes.headers,
        "Headers sent always; `{uuid}`, `{hex}` (the same without dashes), `{date}` and the upstream's variables may stand in them."),
      Field(
        "forward", \.forward, .list(of: .text, single: true),
        "Client headers that go on; one that stands in `headers` as well is what the client says, and else what stands there."),
      Field("required", \.required, .list(of: .section, noun: "required header"), "Headers without which the vendor refuses."),
      Field("subprotocols", \.subprotocols, .section, "Members of `Sec-WebSocket-Protocol`."),
    ])
}

extension HandshakeRules.Required: Section {
  public static let section = SectionDescription<HandshakeRules.Required>(
    "VendorRequiredHeader", "A header without which the vendor refuses.",
    fields: [
      Field(
        "header", \.header, .text.checked { HeaderName.isToken($0) ? nil : "must be a header name" }, required: true, "Its name."),
      Field("value", \.value, .text, "Its value, where only one will do."),
      Field("query", \.query, .text, "A parameter that does as well."),
    ])
}

extension HandshakeRules.Subprotocols: Section {
  public static let section = SectionDescription<HandshakeRules.Subprotocols>(
    "VendorSubprotocols", "What is offered to the vendor and answered to the client.",
    fields: [
      Field("offer", \.offer, .list(of: .text, single: true), "Offered to the vendor."),
      Field("forward", \.forward, .list(of: .text, single: true), "Of the client's offer, these go on."),
      Field("require_echo", \.requireEcho, .boolean, "The vendor must choose one."),
      Field(
        "answer", \.answer,
        ValueType<String>.text.map(named: "`first` or a name", { $0 == "first" ? .first : .fixed($0) }, back: { $0.word }),
        "What the client is answered: the `first` it offered without a credential, or the named one if it offered it."),
    ])
}
