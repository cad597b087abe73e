import JSON

/// Short-lived tokens for the account's key.
extension Endpoint {
  /// A token and how long it is good for.
  public struct Token: Sendable, Equatable, CustomStringConvertible {
    public var value: String
    public var lifetime: Duration?
    public var isSingleUse: Bool

    public var description: String { "token" }
  }

  /// Whether the credential goes nowhere itself, but a token that is had for it.
  ///
  /// Unless the operator says so, that is where the vendor takes nothing but tokens and the key has a place in the request for one.
  public var exchanges: Bool {
    if let exchanges = settings.exchanges { return exchanges }
    guard let exchange = descriptor?.credential.exchange, descriptor?.credential.choices.first?.kind == .token, settings.placement == nil
    else { return false }
    if exchange.clientCredentials != nil { return true }
    return exchange.restToken?.headers.contains { $0.template.contains(CredentialPlacement.marker) } ?? false
  }

  /// Whether a token opens one session only.
  public var tokensAreSingleUse: Bool { descriptor?.credential.exchange?.restToken?.singleUse ?? false }

  /// The request for a token; nil where the vendor has none that one request returns.
  public func tokenRequest(secret: String) throws(EndpointError) -> RESTRequest? {
    guard let exchange = descriptor?.credential.exchange else { return nil }
    if let rules = exchange.restToken {
      var body: JSONValue?
      if case .json(let template)? = rules.body?.content { body = template }
      return try RESTRequest(method: rules.method, url: rules.url, headers: rules.headers, body: body, secret: secret) { variables[$0] }
    }
    return try exchange.clientCredentials.map { rules throws(EndpointError) in try request(rules, secret: secret) }
  }

  /// RFC 6749 section 4.4.2; the client authenticates as in section 2.3.1.
  private func request(_ rules: CredentialExchange.ClientCredentials, secret: String) throws(EndpointError) -> RESTRequest {
    let id = rules.id.expanded { variables[$0] }
    if let unknown = TextTemplate(id).variables.first { throw .variable(unknown, in: "the id of its client credentials") }
    let pair = Base64.encode(Array("\(Percent.encode(id)):\(Percent.encode(secret))".utf8))
    var form = [(name: "grant_type", value: "client_credentials")]
    if let scope = rules.scope { form.append(("scope", scope)) }
    let headers = [ClientRequest.Field("Authorization", "Basic \(pair)"), ClientRequest.Field("Accept", "application/json")]
    return try RESTRequest(form: form, url: rules.url, headers: headers) { variables[$0] }
  }

  /// The token that an answer holds; nil where it holds none.
  /// - Parameter unixTime: seconds since 1970.
  public func token(in answer: String, unixTime: Int) -> Token? {
    guard let exchange = descriptor?.credential.exchange, let body = try? JSONValue.parse(answer) else { return nil }
    if exchange.restToken == nil, exchange.clientCredentials != nil { return Self.accessToken(body) }
    guard let rules = exchange.restToken, let value = rules.valuePath?.first(in: body)?.stringValue, !value.isEmpty else { return nil }
    let end = rules.expiresPath?.first(in: body)?.doubleValue
    let seconds = end.map { rules.expiresAs == .unix ? $0 - Double(unixTime) : $0 }
    return Token(
      value: value, lifetime: seconds.map { .seconds(min(max($0, 0), 1e9)) } ?? rules.defaultTTL, isSingleUse: rules.singleUse)
  }

  /// RFC 6749 section 5.1.
  private static func accessToken(_ answer: JSONValue) -> Token? {
    let object = answer.objectValue
    guard let value = object?["access_token"]?.stringValue, !value.isEmpty else { return nil }
    let seconds = object?["expires_in"]?.doubleValue
    return Token(value: value, lifetime: seconds.map { .seconds(min(max($0, 0), 1e9)) }, isSingleUse: false)
  }
}
