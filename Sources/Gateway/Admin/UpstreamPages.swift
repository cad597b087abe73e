import JSON

/// What sessions are opened to, at the operator's address: `GET /upstreams`.
struct UpstreamPages: Sendable {
  let core: GatewayCore

  /// The answer; nil where the path is another.
  func answer(_ head: RequestHead) -> HTTPAnswer? {
    guard head.path == "/upstreams" else { return nil }
    guard head.method == "GET" || head.method == "HEAD" else { return .notAllowed("GET, HEAD") }
    return .json(JSONValue.object(["upstreams": core.upstreams.report(core.snapshot.upstreams)]).serialize())
  }
}
