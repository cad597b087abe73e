import Configuration

/// How a session with the vendor can be taken up by another one without the client's noticing.
public struct HandoverRules: Sendable, Equatable {
  /// The client's messages that make a session what it is; they are said again, in their order.
  public var replay: [MessageMatch] = []
  /// What the vendor answers to them: the client has had that from its first session.
  public var hush: [MessageMatch] = []
  /// The vendor says that it will close.
  public var notice: MessageMatch?
  public var resume: Resume?

  /// A value of the vendor's by which a session goes on where an earlier one ended.
  public struct Resume: Sendable, Equatable {
    /// Name of the memory that has it.
    public var memory = ""
    /// Where it stands in the first message that is said again.
    public var path: JSONPath?

    public init() {}
  }

  public init() {}
}

extension HandoverRules: Section {
  public static let section = SectionDescription<HandoverRules>(
    "VendorHandover",
    "How a session with the vendor can be taken up by another one without the client's noticing; absent where that cannot be.",
    fields: [
      Field(
        "replay", \.replay, .list(of: ValueTypes.match, noun: "message"),
        "The client's messages that make a session what it is; the next one hears them again, in their order."),
      Field(
        "hush", \.hush, .list(of: ValueTypes.match, noun: "message"),
        "What the vendor answers to them. Together with the messages of `ready` it is kept from the client the second time."),
      Field("notice", \.notice, ValueTypes.match, "The vendor says that it will close soon."),
      Field("resume", \.resume, .section, "A value by which a session goes on where an earlier one ended."),
    ])
}

extension HandoverRules.Resume: Section {
  public static let section = SectionDescription<HandoverRules.Resume>(
    "VendorResumption", "A value by which a session goes on where an earlier one ended.",
    fields: [
      Field("memory", \.memory, .text, required: true, "Name under `memory`."),
      Field("path", \.path, ValueTypes.path, required: true, "Where it stands in the first message of `replay`."),
    ])
}
