import Configuration

/// How a short-lived token is had for the account's key.
public struct CredentialExchange: Sendable, Equatable {
  public struct RESTToken: Sendable, Equatable {
    public var method = "POST"
    public var url = TextTemplate("")
    public var headers: [CredentialPlacement.NamedTemplate] = []
    public var body: MessageTemplate?
    public var valuePath: JSONPath?
    public var expiresPath: JSONPath?
    public var expiresAs = Expiry.seconds
    public var defaultTTL: Duration?
    public var singleUse = false

    public init() {}
  }

  /// What an answer says of a token's end.
  public enum Expiry: String, Sendable, CaseIterable {
    /// Seconds from now.
    case seconds
    /// Seconds since 1970.
    case unix
  }

  public struct ClientCredentials: Sendable, Equatable {
    public var url = TextTemplate("")
    /// The client's id; its secret is the upstream's credential.
    public var id = TextTemplate("{client_id}")
    public var scope: String?

    public init() {}
  }

  /// Identity services whose own libraries or endpoints hand out tokens.
  public enum Provider: String, Sendable, CaseIterable {
    case gcpADC = "gcp_adc"
    case entra
  }

  public var restToken: RESTToken?
  public var clientCredentials: ClientCredentials?
  public var provider: Provider?
  /// What a provider is asked for; the first that the account knows.
  public var scopes: [String] = []

  public init() {}

  /// Whether the gateway can have a token by itself.
  public var isOneRequest: Bool { restToken != nil || clientCredentials != nil }
}

extension CredentialExchange: Section {
  public static let section = SectionDescription<CredentialExchange>(
    "VendorExchange", "How a short-lived token is had for the account's key.",
    fields: [
      Field("rest_token", \.restToken, .section, "One REST request returns it."),
      Field("oauth_client_credentials", \.clientCredentials, .section, "OAuth 2.0 client credentials."),
      Field("provider", \.provider, .choice, "An identity service."),
      Field("scope", \.scopes, .list(of: .text, single: true), "For a `provider`: what the token is for; any one of them."),
    ],
    rules: [.exactlyOne(["rest_token", "oauth_client_credentials", "provider"])])
}

extension CredentialExchange.RESTToken: Section {
  public static let section = SectionDescription<CredentialExchange.RESTToken>(
    "VendorRESTToken", "One REST request returns a token.",
    fields: [
      Field("method", \.method, .text, "HTTP method."),
      Field("url", \.url, ValueTypes.template, required: true, "`https` URL."),
      Field("headers", \.headers, ValueTypes.headers, "Headers; `{secret}` is the account's key."),
      Field("body", \.body, ValueTypes.message, "JSON body."),
      Field("value_path", \.valuePath, ValueTypes.path, required: true, "Where the answer holds the token."),
      Field("expires_path", \.expiresPath, ValueTypes.path, "Where it holds the token's end."),
      Field("expires_as", \.expiresAs, .choice, "`seconds` from now, or as `unix` time."),
      Field("default_ttl", \.defaultTTL, .duration, "How long the token lives where nothing else is said."),
      Field("single_use", \.singleUse, .boolean, "The token opens one session only."),
    ])
}

extension CredentialExchange.ClientCredentials: Section {
  public static let section = SectionDescription<CredentialExchange.ClientCredentials>(
    "VendorClientCredentials", "OAuth 2.0 client credentials (RFC 6749 section 4.4).",
    fields: [
      Field(
        "url", \.url, ValueTypes.template, required: true, "`https` URL of the token endpoint; the upstream's variables may stand in it."),
      Field(
        "id", \.id, ValueTypes.template,
        "The client's id: a variable of the upstream unless given. Its secret is the upstream's credential."),
      Field("scope", \.scope, .text, "Scope."),
    ])
}
