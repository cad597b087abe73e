/// permessage-deflate, per leg.
public struct Compression: Section, Equatable {
  public enum Use: String, CaseIterable, Sendable { case off, on }
  public enum UpstreamUse: String, CaseIterable, Sendable { case off, vendor, on }

  public var client = Use.off
  public var upstream = UpstreamUse.vendor
  public var windowBits = 12
  public var contextTakeover = false
  public var level = 1
  public var minimumSize = 256
  public var maxRatio = 100

  public init() {}

  public static let section = SectionDescription<Compression>(
    "Compression",
    """
    permessage-deflate (RFC 7692), agreed on each leg of its own. The gateway does not compress binary messages. Messages \
    pass as they came where both legs agreed on the same and nothing must look inside.
    """,
    fields: [
      Field("client", \.client, .choice, "Whether clients' offers are accepted."),
      Field("upstream", \.upstream, .choice, "Whether it is offered to the upstream. `vendor`: where the vendor's descriptor says so."),
      Field(
        "window_bits", \.windowBits, .integer(9...15),
        "Size of the window, as a power of two in bytes. Memory per session and direction grows with it."),
      Field(
        "context_takeover", \.contextTakeover, .boolean,
        "Whether a message may refer to earlier ones. Better ratio, and the memory is held between messages."),
      Field("level", \.level, .integer(1...9), "Effort, as zlib counts it."),
      Field("minimum_size", \.minimumSize, .size(0...(1 << 20)), "Smaller messages go uncompressed."),
      Field(
        "max_ratio", \.maxRatio, .integer(2...1_100),
        "Inflated size over compressed size. Beyond it: close 1009. Deflate itself can reach 1032."),
    ])
}
