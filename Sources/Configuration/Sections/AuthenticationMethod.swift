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

  /// Whether the gateway can decide by it. A method that cannot must refuse, never let pass.
  public var isInEffect: Bool {
    if case .jwt(let method) = self { method.isInEffect } else { false }
  }

  static let variants: [Variant<AuthenticationMethod>] = [
    Variant("jwt", JWTMethod.self) { .jwt($0) },
    Variant("api_key", APIKeyMethod.self, availability: .notYet()) { .apiKey($0) },
    Variant("session_token", SessionTokenMethod.self, availability: .notYet()) { .sessionToken($0) },
    Variant("forward", ForwardMethod.self, availability: .notYet()) { .forward($0) },
    Variant("introspection", IntrospectionMethod.self, availability: .notYet()) { .introspection($0) },
    Variant("mtls", MutualTLSMethod.self, availability: .notYet()) { .mutualTLS($0) },
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
  case cookie
  /// The `authenticate` message inside the socket.
  case message
  /// Wherever the SDK of the route's vendor puts its key.
  case vendor
}
