import YAML

/// Another place of an upstream: what is said here holds instead of what the upstream says.
public struct UpstreamEndpoint: Section, Equatable {
  public var url: WebSocketURL?
  public var region: String?
  public var variables: [String: ConfiguredText] = [:]

  public init() {}

  public static let section = SectionDescription<UpstreamEndpoint>(
    "UpstreamEndpoint", "Another place of an upstream. Credentials and everything else are the upstream's.",
    fields: [
      Field("url", \.url, .webSocketURL, "For an upstream that is a `url`: the other one."),
      Field("region", \.region, .text, "For a vendor: the other region."),
      Field(
        "variables", \.variables, .configuredTexts(noun: "variable"),
        "For a vendor: values of the placeholders that differ, such as `host`; the others are the upstream's."),
    ])
}
