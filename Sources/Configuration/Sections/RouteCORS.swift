/// Cross-origin answers.
public struct RouteCORS: Section, Equatable {
  public var credentials = true
  public var headers = ["Content-Type", "Authorization", "X-Trace-Id", "X-Request-Id"]
  public var maxAge = Duration.seconds(600)

  public init() {}

  public static let section = SectionDescription<RouteCORS>(
    "CORS",
    """
    Cross-origin answers of a route's path and of the token path for it, given to the `origins` of each. `/health` and `/ready` answer the \
    pages of all routes.
    """,
    fields: [
      Field("credentials", \.credentials, .boolean, "Whether pages may send cookies along."),
      Field("headers", \.headers, .list(of: .headerName), "Request headers that pages may send."),
      Field("max_age", \.maxAge, .duration(.zero ... .seconds(86_400)), "How long a browser may keep the answer."),
    ])
}
