import Configuration
import Tokens

/// The operator's address: health, readiness, metrics and kill switches.
struct AdminServer: RequestServer {
  let core: GatewayCore
  let pages: Pages
  /// Bearer token that every request needs, where there is one.
  let token: Secret?

  func serve(_ head: RequestHead, on connection: AcceptedConnection) async {
    guard isAllowed(head) else {
      var answer = HTTPAnswer.text("Unauthorized\n", status: 401)
      answer.headers.append(("WWW-Authenticate", "Bearer"))
      return await connection.answer(answer, withBody: head.method != "HEAD")
    }
    if let answer = await SwitchPages(core: core).answer(head, on: connection) {
      return await connection.answer(answer, withBody: head.method != "HEAD")
    }
    guard head.path == "/metrics", head.method == "GET" || head.method == "HEAD" else { return await pages.serve(head, on: connection) }
    let headers = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")]
    await connection.answer(
      HTTPAnswer(status: 200, headers: headers, body: Array(core.metrics.expose().utf8)), withBody: head.method == "GET")
  }

  private func isAllowed(_ head: RequestHead) -> Bool {
    guard let token else { return true }
    let given = head.values("Authorization").first ?? ""
    return ConstantTime.equal(Array(given.utf8), Array("Bearer \(token.reveal())".utf8))
  }
}
