import YAML

/// When another session with the vendor takes up one that ends or is lost.
public struct HandoverSettings: Section, Equatable {
  /// Nil for a little before the vendor's own limit, where that is known.
  public var after: Duration?
  public var onLoss = true
  public var recent = Duration.seconds(10)
  public var bytes = 1 << 20
  public var apart = Duration.seconds(10)
  public var grace = Duration.seconds(30)

  public init() {}

  public static let section = SectionDescription<HandoverSettings>(
    "Handover",
    """
    Behind a client that stays, another session with the vendor takes up one that ends or is lost. Only for vendors whose descriptor allows \
    it. Described in Upstreams.md.
    """,
    fields: [
      Field(
        "after", \.after, .duration(.seconds(1) ... .seconds(172_800)),
        """
        Age of a session with the vendor at which the next takes over, between two turns. Unless given, a tenth of the vendor's longest \
        session before its end, five minutes at most; never where no such limit is known.
        """),
      Field("on_loss", \.onLoss, .boolean, "Whether the next takes over as well where the vendor fails or the connection is lost."),
      Field(
        "recent", \.recent, .duration(.zero ... .seconds(60)),
        "What the client has said in this time, and the vendor has not understood yet, the next one hears again."),
      Field("bytes", \.bytes, .size, "Bytes that are kept of it, and of the messages that open a session."),
      Field(
        "apart", \.apart, .duration(.zero ... .seconds(3_600)),
        "A vendor that is lost sooner than this is not replaced: something else is wrong."),
      Field(
        "grace", \.grace, .duration(.zero ... .seconds(600)),
        "How long the end of a turn is waited for, once it is time."),
    ])
}
