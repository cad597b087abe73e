import Configuration

/// Where a session begins.
public struct EndpointRules: Sendable, Equatable {
  /// `wss://{host}/v1/listen`: the names are filled from `variables`, the region and the operator's upstream.
  public var url = TextTemplate("")
  public var variables: [String: String] = [:]
  /// Variable -> the only values that it may have; the first holds where nothing gives one.
  public var choices: [String: [String]] = [:]
  /// The paths that may follow a route's `/*`, because the vendor's SDKs append them to the URL they are given. Each stands for the URL's
  /// own path; a `{name}` segment fills the place of that name in it.
  public var pathSuffixes: [String] = []
  public var query = QueryRules()

  public init() {}
}

extension EndpointRules: Section {
  public static let section = SectionDescription<EndpointRules>(
    "VendorEndpoint", "Where a session begins.",
    fields: [
      Field(
        "url", \.url, ValueTypes.url, required: true,
        "`ws` or `wss` URL; `{name}` places are filled from `variables`, the region and the upstream."),
      Field("variables", \.variables, .map(of: .text), "Values for `{name}` places of the URL."),
      Field(
        "choices", \.choices, .map(of: .list(of: .text, atLeast: 1)),
        "Variable -> the only values that it may have, whoever gives it; the first holds where nobody does."),
      Field(
        "path_suffix", \.pathSuffixes, .list(of: .text.checked { $0.hasPrefix("/") ? nil : "must begin with '/'" }, single: true),
        "Paths that may follow a route's `/*`; each stands for the URL's own path, and a `{name}` in it fills the place of that name."),
      Field("query", \.query, .section, "What happens to the query."),
    ])
}
