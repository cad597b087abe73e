import Configuration

/// How to end a session so that nothing is lost.
public struct CloseRules: Sendable, Equatable {
  /// The client's last message; nil where the close frame is all there is.
  public var message: MessageTemplate?
  /// The vendor's last message.
  public var await: MessageMatch?
  /// How long that may take.
  public var drain: Duration?
  /// The code with which the vendor closes then.
  public var code: Int?

  public init() {}
}

extension CloseRules: Section {
  public static let section = SectionDescription<CloseRules>(
    "VendorClosing", "How to end a session so that nothing is lost.",
    fields: [
      Field(
        "message", \.message, ValueTypes.message,
        "The client's last message; names of `memory` and `{binary_messages}`, the number sent, may stand in it. An empty text is an empty "
          + "message; where absent, the close frame is all there is."),
      Field("await", \.await, ValueTypes.match, "The vendor's last message."),
      Field("drain", \.drain, .duration, "How long that may take."),
      Field("code", \.code, ValueTypes.closeCode, "The code with which the vendor closes then."),
    ])
}
