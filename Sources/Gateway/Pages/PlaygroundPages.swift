import Guards
import JSON
import NIOCore
import Vendors

/// The playground of the clients' address: its page and files, the routes that it can call, tokens to try them with, and why a socket of
/// its own was refused.
struct PlaygroundPages: Sendable {
  let core: GatewayCore
  private let refusals = RecentRefusals()

  /// Bytes of the body that asks for a token.
  private static let mostBody = 4 << 10

  init(core: GatewayCore) {
    self.core = core
  }

  /// The answer; nil where the path is none of these, or the playground is off.
  func answer(_ head: RequestHead, on connection: AcceptedConnection) async -> HTTPAnswer? {
    let pages = WebPages.playground
    guard head.path == "/" || head.path.hasPrefix(pages.folder), !head.asksForUpgrade, core.snapshot.configuration.hasPlayground else {
      return nil
    }
    if head.path == "/playground/token" { return await token(head, on: connection) }
    guard let answer = found(head, connection) else { return nil }
    guard head.method == "GET" || head.method == "HEAD" else { return .notAllowed("GET, HEAD") }
    return answer()
  }

  private func found(_ head: RequestHead, _ connection: AcceptedConnection) -> (() -> HTTPAnswer)? {
    switch head.path {
    case "/": { WebPages.playground.page() ?? .text("Not Found\n", status: 404) }
    case "/playground/routes": { .private(PlaygroundRoutes(core, mints: mayMint(head, connection)).listing(for: page(head)).serialize()) }
    case "/playground/refusal": { refusal(head, connection) }
    default: WebPages.playground.file(head.path).map { answer in { answer } }
    }
  }

  /// The origin that the page says it has: a browser sends none with a request to the page's own address.
  private func page(_ head: RequestHead) -> String? { Query(head.query)["origin"] }

  // MARK: Tokens

  /// Whether whoever asks may have a token: only a page of this machine's own, opened on this machine, where the table asks for the
  /// playground. Development alone would not do, as it is what a gateway is in until told otherwise; nor would the address alone, as a proxy
  /// on this machine has it for everybody.
  private func mayMint(_ head: RequestHead, _ connection: AcceptedConnection) -> Bool {
    let configuration = core.snapshot.configuration
    guard configuration.environment == .development, configuration.playground == .on, configuration.trustedProxies.isEmpty,
      connection.peer.isLoopback, !connection.isUnix
    else { return false }
    let forwarded = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "Via"].contains { !head.values($0).isEmpty }
    // A name that only leads to this machine may be some site's, made to (DNS rebinding).
    let host = head.values("Host").first ?? ""
    let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
    // Browsers say it of every request to this machine, and a script cannot.
    guard !forwarded, ["localhost", "127.0.0.1", "[::1]"].contains(name), head.values("Sec-Fetch-Site") == ["same-origin"] else {
      return false
    }
    return head.origin.map { $0 == "http://\(host)" || $0 == "https://\(host)" } ?? true
  }

  /// `POST {"route":"/path"}` -> `{"token":...,"expiresAt":...}`
  private func token(_ head: RequestHead, on connection: AcceptedConnection) async -> HTTPAnswer {
    guard head.method == "POST" else { return .notAllowed("POST") }
    guard mayMint(head, connection), head.origin != nil else { return HTTPAnswer(Refusal(.forbidden), session: connection.session) }
    do throws(Refusal) {
      let body = try await connection.body(of: head, most: Self.mostBody, within: .seconds(5))
      let snapshot = core.snapshot
      guard let name = (try? JSONValue.parse(body))?["route"]?.stringValue,
        let service = snapshot.routes.first(where: { $0.name == name }), let tokens = snapshot.developmentTokens[name]
      else { throw Refusal(.badRequest, message: "No such route takes a token that can be minted") }
      let evidence = Evidence(
        route: service.name, client: connection.client, origin: head.origin, headers: [])
      do throws(CredentialError) {
        let issued = try tokens.issue(for: evidence, now: .now)
        core.logger.notice("development token minted", metadata: ["route": "\(name)"])
        return .private(issued.body)
      } catch {
        throw Refusal(.badRequest, message: "No token: \(error.name)")
      }
    } catch {
      return HTTPAnswer(error, session: connection.session)
    }
  }

  // MARK: Refusals

  /// Remembers a refusal for the page that met it: a browser tells a script nothing but that there was one.
  func note(_ refusal: Refusal, route: String, _ head: RequestHead, _ connection: AcceptedConnection) {
    guard let host = head.values("Host").first, head.origin?.hasSuffix("//\(host)") ?? false, core.snapshot.configuration.hasPlayground
    else { return }
    refusals.note(refusal, route: route, client: connection.client.key, session: connection.session, now: .now)
  }

  private func refusal(_ head: RequestHead, _ connection: AcceptedConnection) -> HTTPAnswer {
    let found = Query(head.query)["route"].flatMap { refusals.take(route: $0, client: connection.client.key, now: .now) }
    return .private((found ?? .null).serialize())
  }
}

extension HTTPAnswer {
  /// JSON that no cache may keep.
  fileprivate static func `private`(_ body: [UInt8]) -> HTTPAnswer {
    var answer = HTTPAnswer.json(body)
    answer.headers += [("Cache-Control", "no-store"), ("Cross-Origin-Resource-Policy", "same-origin")]
    return answer
  }
}
