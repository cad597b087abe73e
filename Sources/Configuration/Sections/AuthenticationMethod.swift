import YAML

/// One way to find out who is calling. The `type` of an entry decides which other keys it has.
public enum AuthenticationMethod: Sendable, Equatable {
  case jwt(JWTMethod)
  case apiKey(APIKeyMethod)
  case sessionToken(SessionTokenMethod)
  case forward(ForwardMethod)
  case introspection(IntrospectionMethod)
  case mutualTLS(MutualTLSMethod)

  /// The value of `type`.
  public var type: String {
    switch self {
    case .jwt: "jwt"
    case .apiKey: "api_key"
    case .sessionToken: "session_token"
    case .forward: "forward"
    case .introspection: "introspection"
    case .mutualTLS: "mtls"
    }
  }

  /// Where its credential may be; nil is anywhere but in a cookie, which a browser sends without being asked.
  public var places: [CredentialPlace]? {
    switch self {
    case .jwt(let method): method.from
    case .apiKey(let method): method.from
    case .sessionToken, .forward, .introspection, .mutualTLS: nil
    }
  }

  /// The HTTP endpoint that it asks, with the key that names it and whether it may be asked in the clear.
  public var endpoint: (key: String, url: String, plainHTTP: Bool)? {
    switch self {
    case .jwt(let method):
      method.jwksURL.map { ("jwks_url", $0, method.plainHTTP) } ?? method.oidcIssuer.map { ("oidc_issuer", $0, method.plainHTTP) }
    case .forward(let method): ("url", method.url, method.plainHTTP)
    case .introspection(let method): ("url", method.url, method.plainHTTP)
    case .apiKey, .sessionToken, .mutualTLS: nil
    }
  }

  static let variants: [Variant<AuthenticationMethod>] = [
    Variant("jwt", JWTMethod.self) { .jwt($0) },
    Variant("api_key", APIKeyMethod.self) { .apiKey($0) },
    Variant("session_token", SessionTokenMethod.self) { .sessionToken($0) },
    Variant("forward", ForwardMethod.self) { .forward($0) },
    Variant("introspection", IntrospectionMethod.self) { .introspection($0) },
    Variant("mtls", MutualTLSMethod.self) { .mutualTLS($0) },
  ]
}

/// Where in a request a method looks for its credential.
public enum CredentialPlace: String, CaseIterable, Sendable {
  /// `Authorization: Bearer X`, `Token X` or `X` alone.
  case authorization
  /// `?token=X`
  case query
  /// `Sec-WebSocket-Protocol: bearer, X`, `token, X` or `prefix.X`.
  case subprotocol
  /// The cookie named `token`, looked at only where a method of the route names this place.
  case cookie
  /// The `authenticate` message inside the socket.
  case message
  /// Wherever the SDK of the route's vendor puts its key.
  case vendor
}

extension Field {
  /// Whether a method may ask its endpoint over `http://` beyond this machine.
  static func plainHTTP(_ path: any WritableKeyPath<Owner, Bool> & Sendable) -> Field {
    Field(
      "plain_http", path, .boolean,
      """
      Whether the endpoint may be asked over `http://` beyond this machine. Whoever is on the network between then reads credentials \
      and can answer in its place.
      """)
  }
}
