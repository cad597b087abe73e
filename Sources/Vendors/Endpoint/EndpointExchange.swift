import JSON

/// Short-lived tokens for the account's key (D2).
extension Endpoint {
  /// A token and how long it is good for.
  public struct Token: Sendable, Equatable, CustomStringConvertible {
    public var value: String
    public var lifetime: Duration?
    public var isSingleUse: Bool

    public var description: String { "token" }
  }

  /// The request for a token; nil where the vendor has none that one request returns.
  public func tokenRequest(secret: String) throws(EndpointError) -> RESTRequest? {
    guard let rules = descriptor?.credential.exchange?.restToken else { return nil }
    var body: JSONValue?
    if case .json(let template)? = rules.body?.content { body = template }
    return try RESTRequest(method: rules.method, url: rules.url, headers: rules.headers, body: body, secret: secret) { variables[$0] }
  }

  /// The token that an answer holds; nil where it holds none.
  /// - Parameter unixTime: seconds since 1970.
  public func token(in answer: String, unixTime: Int) -> Token? {
    guard let rules = descriptor?.credential.exchange?.restToken, let body = try? JSONValue.parse(answer),
      let value = rules.valuePath?.first(in: body)?.stringValue, !value.isEmpty
    else { return nil }
    let end = rules.expiresPath?.first(in: body)?.doubleValue
    let seconds = end.map { rules.expiresAs == .unix ? $0 - Double(unixTime) : $0 }
    return Token(
      value: value, lifetime: seconds.map { .seconds(min(max($0, 0), 1e9)) } ?? rules.defaultTTL, isSingleUse: rules.singleUse)
  }
}
