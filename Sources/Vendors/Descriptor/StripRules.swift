import Configuration

/// What of a client's request never goes on, beyond credentials and hop-by-hop headers.
public struct StripRules: Sendable, Equatable {
  public var headers: [String] = []
  public var query: [String] = []
  public var subprotocols: [String] = []
  /// JSON paths of the client's first message.
  public var firstMessage: [JSONPath] = []

  public init() {}
}

extension StripRules: Section {
  public static let section = SectionDescription<StripRules>(
    "VendorStrip", "What of a client's request never goes on, beyond credentials and hop-by-hop headers.",
    fields: [
      Field("headers", \.headers, .list(of: .text, single: true), "Header names."),
      Field("query", \.query, .list(of: .text, single: true), "Query parameter names."),
      Field("subprotocols", \.subprotocols, .list(of: .text, single: true), "Members of `Sec-WebSocket-Protocol`."),
      Field("first_message", \.firstMessage, .list(of: ValueTypes.path, single: true), "JSON paths of the first message."),
    ])
}
