/// Limits of messages.
public struct MessageLimits: Section, Equatable {
  public var maxSize = 16 << 20
  public var maxFrame = 16 << 20
  public var types: [String] = []
  public var pinned: [String: String] = [:]

  public init() {}

  public static let section = SectionDescription<MessageLimits>(
    "Messages", "Limits of messages, in both directions.",
    fields: [
      Field(
        "max_size", \.maxSize, .size(1...(1 << 30)),
        """
        Largest message, its fragments together and after inflation. Beyond it: close 1009. Vendors take audio in messages of up to 15 \
        MiB; less bounds what a client can make the gateway carry.
        """),
      Field("max_frame", \.maxFrame, .size(1...(1 << 30)), "Largest single frame. Beyond it: close 1009."),
      Field(
        "types", \.types, .list(of: .text),
        """
        Types that messages of a client may have: values of the vendor's discriminator, of `type` for a plain `url`. Others are \
        answered with an error event and dropped. Empty for all. Binary messages of audio have no type and may always pass.
        """),
      Field(
        "pinned", \.pinned, .map(of: .text, noun: "field"),
        """
        Fields of client messages that always have this value, whatever the client says: `session.model: gpt-realtime`. Set in every \
        message that has the object they belong to (`session`); a field of the message itself only where it is there. Such a route's \
        messages are gathered whole before they go on.
        """),
    ])
}
