/// What an operator's upstream and route say beyond the vendor's descriptor.
public struct UpstreamSettings: Sendable, Equatable {
  /// Values for the descriptor's `{name}` places: host, resource, app id, ...
  public var variables: [String: String]
  /// A key of the descriptor's `regions`; nil for its default.
  public var region: String?
  /// Applied in order, the route's before the upstream's; the vendor's own come last.
  public var query: [QueryRules]
  /// Headers of the operator's own.
  public var headers: [(String, String)]
  /// Names of client headers to pass, beyond those that the vendor's descriptor passes.
  public var forwardHeaders: [String]
  /// Where the credential goes, where it is not to be the descriptor's first placement (or where there is no descriptor).
  public var placement: CredentialPlacement?
  /// Whether a short-lived token is had for the credential; nil where the descriptor is to say.
  public var exchanges: Bool?

  public init(
    variables: [String: String] = [:], region: String? = nil, query: [QueryRules] = [], headers: [(String, String)] = [],
    forwardHeaders: [String] = [], placement: CredentialPlacement? = nil, exchanges: Bool? = nil
  ) {
    self.variables = variables
    self.region = region
    self.query = query
    self.headers = headers
    self.forwardHeaders = forwardHeaders
    self.placement = placement
    self.exchanges = exchanges
  }

  public static func == (left: UpstreamSettings, right: UpstreamSettings) -> Bool {
    left.variables == right.variables && left.region == right.region && left.query == right.query && left.placement == right.placement
      && left.exchanges == right.exchanges
      && left.forwardHeaders == right.forwardHeaders && left.headers.elementsEqual(right.headers, by: ==)
  }
}
