import Configuration

/// A codec for each direction.
public struct CodecRules: Sendable, Equatable {
  public var client = MessageCodec.jsonText
  public var server = MessageCodec.jsonText

  public init() {}
}

extension CodecRules: Section {
  public static let section = SectionDescription<CodecRules>(
    "VendorCodec", "What frames hold.",
    fields: [
      Field("client", \.client, .choice, "Frames of the client."),
      Field("server", \.server, .choice, "Frames of the vendor."),
    ])
}
