/// OAuth 2.0 Token Introspection (RFC 7662).
public struct IntrospectionMethod: Section, Equatable {
  public var url = ""
  public var clientID = ""
  public var clientSecret = SecretReference.environment("")
  public var plainHTTP = false
  public var timeout = Duration.seconds(3)
  public var cache = Duration.seconds(10)

  public init() {}

  public static let section = SectionDescription<IntrospectionMethod>(
    "IntrospectionMethod", "Asks an OAuth 2.0 server about a token (RFC 7662).",
    fields: [
      .tag("type", "introspection"),
      Field("url", \.url, .httpURL, required: true, "The introspection endpoint."),
      Field("client_id", \.clientID, .text, required: true, "The gateway's own name there."),
      Field("client_secret", \.clientSecret, .secret, required: true, "The gateway's own secret there."),
      .plainHTTP(\.plainHTTP),
      Field("timeout", \.timeout, .duration(.milliseconds(100) ... .seconds(30)), "After this clients are told to try again later (503)."),
      Field(
        "cache", \.cache, .duration(.zero ... .seconds(300)),
        "How long an answer is believed. A revoked token still opens for that long."),
    ])
}
