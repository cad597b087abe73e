/// `POST /reload` at the operator's address.
struct ReloadPage: Sendable {
  let core: GatewayCore

  /// The answer; nil where the path is another.
  func answer(_ head: RequestHead) async -> HTTPAnswer? {
    guard head.path == "/reload" else { return nil }
    guard head.method == "POST" else { return .notAllowed("POST") }
    guard let reloader = core.reloader else {
      return .problem(409, "not_reloadable", "this gateway was not started from a file")
    }
    return await reloader.reload(.admin).answer()
  }
}
