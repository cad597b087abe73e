import Configuration

/// A vendor's limits.
public struct VendorLimits: Sendable, Equatable {
  public enum Compression: String, Sendable, CaseIterable {
    case off, offer
  }

  public var maxSession: Duration?
  public var maxMessage: Int?
  /// Sessions at one time, as the vendor's documentation says; an account may have other numbers.
  public var concurrency: Int?
  public var compression = Compression.off

  public init() {}
}

extension VendorLimits: Section {
  public static let section = SectionDescription<VendorLimits>(
    "VendorLimits", "The vendor's limits.",
    fields: [
      Field("max_session", \.maxSession, .duration, "Longest session."),
      Field("max_message", \.maxMessage, .size, "Largest message."),
      Field(
        "concurrency", \.concurrency, .integer(1...1_000_000),
        "Sessions at one time, as documented; an account may have other numbers."),
      Field("compression", \.compression, .choice, "Whether to offer permessage-deflate."),
    ])
}
