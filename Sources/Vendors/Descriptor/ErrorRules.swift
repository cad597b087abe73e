import Configuration

/// How a vendor reports failures.
public struct ErrorRules: Sendable, Equatable {
  public struct Message: Sendable, Equatable {
    public var match: MessageMatch?
    public var codePath: JSONPath?
    public var messagePath: JSONPath?
    /// Whether the session is over.
    public var fatal = true
    /// Nil where that is not known.
    public var kind: Class?

    public init() {}
  }

  /// Whose fault a failure is, and whether trying again can help.
  public enum Class: String, Sendable, CaseIterable {
    case client, authentication, quota, retryable
  }

  public struct Code: Sendable, Equatable {
    public var code = 1011
    /// The reason begins with it; nil for any.
    public var reason: String?
    public var kind = Class.retryable
    public var meaning = ""

    public init() {}
  }

  public struct Handshake: Sendable, Equatable {
    public var header: String?
    public var bodyPath: JSONPath?

    public init() {}
  }

  public var messages: [Message] = []
  public var closeCodes: [Code] = []
  public var handshake = Handshake()

  public init() {}

  /// What a close of the vendor's means; the entry with a reason counts before the one without.
  public func meaning(of code: Int, reason: String) -> Code? {
    let fitting = closeCodes.filter { $0.code == code && ($0.reason.map { reason.hasPrefix($0) } ?? true) }
    return fitting.first { $0.reason != nil } ?? fitting.first
  }
}

extension ErrorRules: Section {
  public static let section = SectionDescription<ErrorRules>(
    "VendorErrors", "How the vendor reports failures.",
    fields: [
      Field("messages", \.messages, .list(of: .section, noun: "error message"), "Messages that report one."),
      Field("close_codes", \.closeCodes, .list(of: .section, noun: "close code"), "What its close codes mean."),
      Field("handshake", \.handshake, .section, "Where a refused upgrade says why."),
    ])
}

extension ErrorRules.Message: Section {
  public static let section = SectionDescription<ErrorRules.Message>(
    "VendorErrorMessage", "A message that reports a failure.",
    fields: [
      Field("match", \.match, ValueTypes.match, required: true, "Which messages."),
      Field("code_path", \.codePath, ValueTypes.path, "Where its code stands."),
      Field("message_path", \.messagePath, ValueTypes.path, "Where its text stands."),
      Field("fatal", \.fatal, .boolean, "The session is over."),
      Field("class", \.kind, .choice, "Whose fault it is, or whether to try again."),
    ])
}

extension ErrorRules.Code: Section {
  public static let section = SectionDescription<ErrorRules.Code>(
    "VendorCloseCode", "What a close code means.",
    fields: [
      Field("code", \.code, ValueTypes.closeCode, required: true, "The code."),
      Field("reason", \.reason, .text, "What its reason begins with."),
      Field("class", \.kind, .choice, required: true, "Whose fault it is, or whether to try again."),
      Field("meaning", \.meaning, .text, "For people."),
    ])
}

extension ErrorRules.Handshake: Section {
  public static let section = SectionDescription<ErrorRules.Handshake>(
    "VendorHandshakeErrors", "Where a refused upgrade says why.",
    fields: [
      Field("header", \.header, .text, "A response header."),
      Field("body_path", \.bodyPath, ValueTypes.path, "A JSON path of the body."),
    ])
}
