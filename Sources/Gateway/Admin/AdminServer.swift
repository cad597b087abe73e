import Configuration

/// The operator's address: the dashboard, health, readiness, metrics, sessions, events, upstreams and kill switches.
struct AdminServer: RequestServer {
  let core: GatewayCore
  let pages: Pages
  let address: ListenAddress

  func serve(_ head: RequestHead, on connection: AcceptedConnection) async {
    guard let answer = await answer(head, on: connection) else { return await pages.serve(head, on: connection) }
    await connection.answer(answer, withBody: head.method != "HEAD")
  }

  /// Nil for what every address of the gateway answers.
  private func answer(_ head: RequestHead, on connection: AcceptedConnection) async -> HTTPAnswer? {
    let access = AdminAccess(address: address, token: core.snapshot.adminToken)
    if let refusal = access.refusal(head) { return refusal }
    // The page holds nothing that is secret: what it shows it asks for, with the token that it is given.
    if head.method == "GET" || head.method == "HEAD", let answer = dashboard(head.path) {
      return answer
    }
    guard access.admits(head) else {
      var answer = HTTPAnswer.text("Unauthorized\n", status: 401)
      answer.headers.append(("WWW-Authenticate", "Bearer"))
      return answer
    }
    if let answer = await SwitchPages(core: core).answer(head, on: connection) { return answer }
    if let answer = await SessionPages(core: core).answer(head) { return answer }
    if let answer = await ReloadPage(core: core).answer(head) { return answer }
    if let answer = EventPages(core: core).answer(head) ?? UpstreamPages(core: core).answer(head) { return answer }
    guard head.path == "/metrics", head.method == "GET" || head.method == "HEAD" else { return nil }
    let headers = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")]
    return HTTPAnswer(status: 200, headers: headers, body: Array(core.exposeMetrics().utf8))
  }

  private func dashboard(_ path: String) -> HTTPAnswer? {
    path == "/" || path == "/dashboard" ? WebPages.dashboard.page() : WebPages.dashboard.file(path)
  }
}
