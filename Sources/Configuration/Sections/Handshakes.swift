/// What clients may hold before they are known.
public struct Handshakes: Section, Equatable {
  public var perAddress = 1_024
  public var total = 8_192
  public var bytes = 64 << 10

  public init() {}

  public static let section = SectionDescription<Handshakes>(
    "Handshakes",
    """
    What clients may hold before they are known: from the accepted connection to the session, or to the answer's end. Beyond it a new \
    connection is closed unanswered.
    """,
    fields: [
      Field(
        "per_address", \.perAddress, .integer(1...1_000_000),
        "At once, of one client address (IPv6: of one /64). Offices and mobile networks share one among many people."),
      Field(
        "total", \.total, .integer(1...1_000_000),
        """
        At once, of all together; at most a quarter of the file descriptors. Where that is less than what is given here, `per_address` \
        becomes smaller in proportion. Times `bytes`, this is what a flood can make the gateway hold.
        """),
      Field(
        "bytes", \.bytes, .size((4 << 10)...(16 << 20)),
        "That one may send before it is known, TLS included. A head of more than this, or of 32KiB, is refused: 431."),
    ])
}
