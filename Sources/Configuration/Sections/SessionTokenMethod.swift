import YAML

/// Short-lived tokens that a page fetches before it opens its socket.
public struct SessionTokenMethod: Section, Equatable {
  public enum HTTPMethod: String, CaseIterable, Sendable { case post = "POST", get = "GET" }

  public enum Reuse: String, CaseIterable, Sendable {
    case never
    case untilExpiry = "until_expiry"
  }

  public enum Binding: String, CaseIterable, Sendable { case route, origin, address }

  public var path = "/api/token"
  public var methods: [HTTPMethod] = [.post]
  public var authentication: RouteAuthentication?
  public var origins: [OriginPattern] = []
  public var limit = RateLimit(Rate(count: 60, window: .seconds(60)))
  public var lifetime = Duration.seconds(300)
  public var reuse = Reuse.never
  public var bind: [Binding] = [.route]

  public init() {}

  public static let section = SectionDescription<SessionTokenMethod>(
    "SessionTokenMethod", "Random tokens that the gateway gives out itself: 32 bytes, base64url.",
    fields: [
      .tag("type", "session_token"),
      Field(
        "path", \.path, .pagePath,
        "Path that answers `{token, expiresAt}`. `?route=/listen` says for which route, where several take its tokens."),
      Field(
        "methods", \.methods, .list(of: .choice, atLeast: 1),
        "HTTP methods of that path. `GET` can be triggered by any page that links to it."),
      Field(
        "authentication", \.authentication, .routeAuthentication, required: true,
        "Who may fetch a token: names of other methods, or `none` for anybody, which is refused in production."),
      Field(
        "origins", \.origins, .list(of: .origin),
        "Pages that may fetch one. Requests without `Origin` come from no page and need only the credential."),
      Field("limit", \.limit, .rateLimit, "Requests per client address, of all such paths together. Beyond it: 429."),
      Field("lifetime", \.lifetime, .duration(.seconds(10) ... .seconds(86_400)), "How long a token may wait for its socket."),
      Field("reuse", \.reuse, .choice, "`never`: a token opens one session, or fails to. `until_expiry`: whoever sees it can open more."),
      Field(
        "bind", \.bind, .list(of: .choice),
        "What a token is only good for: the route it was fetched for, and the origin or address that fetched it."),
    ])
}

extension ValueType where Value == String {
  /// The exact path of a page.
  static var pagePath: ValueType {
    scalar("path", expected: "a path such as /api/token", shape: .text(pattern: "^/[^*?#]*$"), write: { YAMLText.flow($0) }) { scalar in
      RoutePath(scalar.text).flatMap { $0.isPrefix ? nil : $0.base }
    }
  }
}
