/// Memory that one session may hold.
public struct Buffers: Section, Equatable {
  public var early = 256 << 10
  public var toClient = 256 << 10
  public var toUpstream = 256 << 10

  public init() {}

  public static let section = SectionDescription<Buffers>(
    "Buffers",
    """
    Memory that one session may hold when a side is slower than the other. Times `concurrent`, this is what clients can make the \
    gateway use.
    """,
    fields: [
      Field(
        "early", \.early, .size(0...(64 << 20)),
        """
        Client bytes kept, in order, until the upstream is open; beyond it 400, or close 1008 after the 101. The route is not known when \
        they arrive, so only `defaults` can set it, but for routes with `handshake.connect`.
        """
      ),
      Field("to_client", \.toClient, .size((4 << 10)...(64 << 20)), "Bytes that wait for the client. Beyond it the upstream is not read."),
      Field(
        "to_upstream", \.toUpstream, .size((4 << 10)...(64 << 20)),
        "Bytes that wait for the upstream. Beyond it the client is not read."),
    ])
}
