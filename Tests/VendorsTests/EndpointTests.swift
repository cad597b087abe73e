import Testing
@testable import Vendors

/// Never to be seen anywhere but in its one place.
private let canary = "sk-CANARY0123456789"

@Suite struct EndpointTests {
  private func composed(
    _ name: String, _ client: ClientRequest = ClientRequest(query: nil), settings: UpstreamSettings = UpstreamSettings(),
    secret: String? = canary
  ) throws -> UpstreamRequest {
    try Endpoint(descriptor: vendor(name), settings: settings).request(client, secret: secret, uuid: "u-1", unixTime: 1_562_744_143)
  }

  @Test func deepgramGetsItsKeyInTheHeader() throws {
    let request = try composed(
      "deepgram.listen",
      ClientRequest(query: "model=nova-3&keyterm=a%20b&keyterm=c&token=T&service=transcription"))
    #expect(request.scheme == "wss")
    #expect(request.host == "api.deepgram.com")
    #expect(request.port == 443)
    #expect(request.target == "/v1/listen?model=nova-3&keyterm=a%20b&keyterm=c")
    #expect(request.headers.map(\.0) == ["Authorization"])
    #expect(request.headers.map(\.1) == ["Token \(canary)"])
    #expect(request.subprotocols == [])
  }

  @Test func openaiHasADefaultModel() throws {
    #expect(try composed("openai.realtime").target == "/v1/realtime?model=gpt-realtime")
    #expect(try composed("openai.realtime", ClientRequest(query: "model=mini")).target == "/v1/realtime?model=mini")
    #expect(try composed("openai.realtime", ClientRequest(query: "intent=transcription")).target == "/v1/realtime?intent=transcription")
    #expect(try composed("openai.realtime", ClientRequest(query: "call_id=rtc_1")).target == "/v1/realtime?call_id=rtc_1")
  }

  @Test func aRequiredParameterIsMissed() throws {
    #expect(throws: EndpointError.query(anyOf: ["model"])) { try composed("deepgram.listen") }
    let forced = UpstreamSettings(query: [QueryRules(forced: [.init("model", "nova-3")])])
    #expect(try composed("deepgram.listen", ClientRequest(query: "model=other"), settings: forced).target == "/v1/listen?model=nova-3")
  }

  static let regions: [(String, String?, String)] = [
    ("deepgram.listen", nil, "api.deepgram.com"), ("deepgram.listen", "eu", "api.eu.deepgram.com"),
    ("deepgram.agent", nil, "agent.deepgram.com"),
    ("deepgram.agent", "eu", "api.eu.deepgram.com"), ("openai.realtime", nil, "api.openai.com"),
  ]

  @Test(arguments: regions)
  func aRegionIsAHost(name: String, region: String?, host: String) throws {
    let settings = UpstreamSettings(region: region)
    #expect(try composed(name, ClientRequest(query: "model=m"), settings: settings).host == host)
  }

  @Test func anUnknownRegionIsRefusedAtOnce() throws {
    let descriptor = try vendor("deepgram.listen")
    #expect(throws: EndpointError.self) { try Endpoint(descriptor: descriptor, settings: UpstreamSettings(region: "mars")) }
  }

  @Test func variablesReplaceTheHost() throws {
    let settings = UpstreamSettings(variables: ["host": "127.0.0.1:9000"])
    let request = try composed("openai.realtime", settings: settings)
    #expect(request.host == "127.0.0.1")
    #expect(request.port == 9000)
    #expect(request.url.authority == "127.0.0.1:9000")
  }

  // MARK: - placements

  static let placements: [(CredentialPlacement, target: String, headers: [String], subprotocols: [String])] = [
    (.header(name: "Authorization", scheme: "Bearer"), "/", ["Authorization: Bearer \(canary)"], []),
    (.header(name: "Authorization", scheme: nil), "/", ["Authorization: \(canary)"], []),
    (.header(name: "xi-api-key", scheme: nil), "/", ["xi-api-key: \(canary)"], []),
    (
      .headers([.init(name: "X-Api-App-Key", template: "{app}"), .init(name: "X-Api-Access-Key", template: "{secret}")]), "/",
      ["X-Api-App-Key: a1", "X-Api-Access-Key: \(canary)"], []
    ),
    (.query(name: "api-key"), "/?api-key=\(canary)", [], []),
    (.subprotocol(["token", "{secret}"]), "/", [], ["token", canary]),
    (.subprotocol(["realtime", "openai-insecure-api-key.{secret}"]), "/", [], ["realtime", "openai-insecure-api-key.\(canary)"]),
  ]

  @Test(arguments: placements)
  func theSecretStandsInOnePlace(placement: CredentialPlacement, target: String, headers: [String], subprotocols: [String]) throws {
    let endpoint = try Endpoint(url: "wss://x.example.com/", settings: UpstreamSettings(variables: ["app": "a1"], placement: placement))
    let client = ClientRequest(
      query: "api-key=client&token=client",
      headers: [("Authorization", "Bearer client"), ("xi-api-key", "client"), ("X-Api-Access-Key", "client")],
      subprotocols: [
        "token",
        "client",
      ])
    let request = try endpoint.request(client, secret: canary)
    #expect(request.target == target)
    #expect(request.headers.map { "\($0.0): \($0.1)" } == headers)
    #expect(request.subprotocols == subprotocols)
    let everything = ([request.target] + request.headers.flatMap { [$0.0, $0.1] } + request.subprotocols).joined(separator: "\n")
    #expect(everything.ranges(of: canary).count == 1)
    #expect(!everything.contains("client"))
    #expect(!"\(request)".contains(canary))
    #expect(!String(reflecting: request).contains(canary))
  }

  @Test func aSecretOfTheFirstMessageIsHandedOver() throws {
    let settings = UpstreamSettings(placement: .firstMessage(path: "auth.key", template: "Bearer {secret}"))
    let request = try Endpoint(url: "ws://x.example.com", settings: settings).request(ClientRequest(), secret: canary)
    #expect(request.firstMessageCredential == .init(path: "auth.key", value: "Bearer \(canary)"))
    #expect(request.headers.isEmpty)
  }

  static let unusable: [(CredentialPlacement, String)] = [
    (.header(name: "Authorization", scheme: "Token"), "a\r\nX-Evil: 1"), (.header(name: "Authorization", scheme: "Token"), " a"),
    (.subprotocol(["token", "{secret}"]), "a b"), (.subprotocol(["token", "{secret}"]), "a,b"), (.query(name: "k"), "a\u{0}"),
  ]

  @Test(arguments: unusable)
  func aSecretThatItsPlaceCannotCarryIsRefused(placement: CredentialPlacement, secret: String) throws {
    let endpoint = try Endpoint(url: "wss://x.example.com/", settings: UpstreamSettings(placement: placement))
    #expect(throws: EndpointError.secretUnusable(placement)) { try endpoint.request(ClientRequest(), secret: secret) }
    #expect(throws: EndpointError.secretMissing(placement)) { try endpoint.request(ClientRequest(), secret: nil) }
    #expect(throws: EndpointError.secretMissing(placement)) { try endpoint.request(ClientRequest(), secret: "") }
  }

  @Test func aQuerySecretIsEncoded() throws {
    let endpoint = try Endpoint(url: "wss://x.example.com/", settings: UpstreamSettings(placement: .query(name: "k")))
    #expect(try endpoint.request(ClientRequest(), secret: "a&b=c").target == "/?k=a%26b%3Dc")
  }

  // MARK: - hygiene

  static let hidden = [
    "Cookie", "Authorization", "Host", "Origin", "Connection", "Upgrade", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding",
    "Proxy-Authorization",
    "Proxy-Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version",
    "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via", "xi-api-key", "x-goog-api-key", "api-key", "X-API-Key",
    "OpenAI-Beta",
    "OpenAI-Organization", "Content-Length",
  ]

  @Test(arguments: hidden)
  func aHeaderNeverPassesEvenIfARouteAsks(name: String) throws {
    for written in [name, name.lowercased(), name.uppercased()] {
      let client = ClientRequest(query: "model=m", headers: [(written, "client-value"), ("X-Trace", "t")])
      let settings = UpstreamSettings(forwardHeaders: [name, "X-Trace"])
      let request = try composed("openai.realtime", client, settings: settings)
      #expect(!request.headers.contains { HeaderName.equal($0.0, written) && $0.1.contains("client-value") }, "\(written) passed")
      #expect(request.headers.contains { $0.0 == "X-Trace" && $0.1 == "t" })
    }
  }

  @Test func onlyNamedHeadersPass() throws {
    let client = ClientRequest(query: nil, headers: [("User-Agent", "u"), ("OpenAI-Safety-Identifier", "s"), ("X-Other", "o")])
    #expect(try composed("openai.realtime", client).headers.map(\.0) == ["OpenAI-Safety-Identifier", "Authorization"])
  }

  @Test func theOperatorsHeaderCountsMore() throws {
    let settings = UpstreamSettings(headers: [("X-Trace", "mine")], forwardHeaders: ["X-Trace"])
    let request = try composed("openai.realtime", ClientRequest(query: nil, headers: [("x-trace", "theirs")]), settings: settings)
    #expect(request.headers.map(\.1) == ["mine", "Bearer \(canary)"])
  }

  @Test(arguments: [("Host", "a"), ("Sec-WebSocket-Key", "a"), ("X", "a\r\nb"), ("X Y", "a")])
  func anIllegalHeaderIsRefusedBeforeAnybodyComes(name: String, value: String) throws {
    let descriptor = try vendor("openai.realtime")
    #expect(throws: EndpointError.illegal("header '\(name)'")) {
      try Endpoint(descriptor: descriptor, settings: UpstreamSettings(headers: [(name, value)]))
    }
  }

  @Test func clientSubprotocolsStayBehindAVendor() throws {
    let client = ClientRequest(query: nil, subprotocols: ["realtime", "openai-insecure-api-key.client", "openai-beta.realtime-v1"])
    #expect(try composed("openai.realtime", client).subprotocols == [])
    let plain = try Endpoint(url: "wss://x.example.com/").request(
      ClientRequest(
        query: nil,
        subprotocols: [
          "graphql-ws", "bearer",
          "client",
        ]), secret: nil)
    #expect(plain.subprotocols == ["graphql-ws"])
  }

  // MARK: - query rules

  @Test func rulesOfRouteAndUpstreamAndVendor() throws {
    let route = QueryRules(forced: [.init("tag", "a"), .init("tag", "b")], deny: ["callback"], rename: ["lang": "language"])
    let upstream = QueryRules(defaults: [.init("model", "nova-3"), .init("language", "de")])
    let client = ClientRequest(query: "lang=en&callback=http%3A%2F%2Fevil&tag=mine&flag&x=%C3%A4+b")
    let request = try composed("deepgram.listen", client, settings: UpstreamSettings(query: [route, upstream]))
    #expect(request.target == "/v1/listen?language=en&flag&x=%C3%A4+b&tag=a&tag=b&model=nova-3")
  }

  @Test func anAllowListAndCommaLists() throws {
    let rules = QueryRules(allow: ["model", "keyterm"], commaLists: ["keyterm"])
    let client = ClientRequest(query: "keyterm=a&model=m&keyterm=b%2Cc&other=1")
    #expect(
      try composed(
        "deepgram.listen", client,
        settings: UpstreamSettings(query: [rules])
      ).target == "/v1/listen?keyterm=a,b%2Cc&model=m")
  }

  @Test func aMalformedQueryIsRefused() throws {
    #expect(throws: EndpointError.illegal("the query")) { try composed("deepgram.listen", ClientRequest(query: "model=a%zz")) }
    #expect(throws: EndpointError.illegal("the query")) { try composed("deepgram.listen", ClientRequest(query: "model=a b")) }
  }

  // MARK: - paths

  static let accepted: [(String, String, String)] = [
    ("deepgram.listen", "/v1/listen", "/v1/listen"), ("deepgram.listen", "v1/listen", "/v1/listen"), ("deepgram.listen", "", "/v1/listen"),
    ("deepgram.listen", "/", "/v1/listen"), ("deepgram.listen", "/v1/listen/", "/v1/listen"),
    ("deepgram.agent", "/v1/agent/converse", "/v1/agent/converse"),
    ("openai.realtime", "/realtime", "/v1/realtime"), ("openai.realtime", "/v1/realtime", "/v1/realtime"),
  ]

  @Test(arguments: accepted)
  func whatAnSDKAppendsIsTheVendorsPath(name: String, rest: String, path: String) throws {
    #expect(try composed(name, ClientRequest(rest: rest, query: "model=m")).url.path == path)
  }

  static let refused = [
    "/v1/speak", "/v1/listen/x", "/..", "/../v1/listen", "/v1/../v1/listen", "/v1//listen", "//v1/listen", "/v1%2flisten", "/v1%2Flisten",
    "/%2e%2e/v1/listen",
    "/v1%5clisten", "/v1\\listen", "/v1/listen%00", "/v1/%252e%252e", "/v1/./listen", "/v1/listen?x=1", "/v1/listen#x", "/v1/li sten",
    "/v1/listen%", "/V1/LISTEN", "//",
  ]

  @Test(arguments: refused)
  func anotherPathIsRefused(rest: String) throws {
    #expect(throws: EndpointError.path(rest)) { try composed("deepgram.listen", ClientRequest(rest: rest, query: "model=m")) }
    #expect(EndpointError.path(rest).status == 404)
  }

  @Test func aPlainURLTakesTheRest() throws {
    let endpoint = try Endpoint(url: "ws://localhost:9/base?fixed=1")
    #expect(try endpoint.request(ClientRequest(rest: "/a/b%20c", query: "fixed=2&x=1"), secret: nil).target == "/base/a/b%20c?fixed=1&x=1")
    #expect(try endpoint.request(ClientRequest(rest: "", query: nil), secret: nil).target == "/base?fixed=1")
    #expect(throws: EndpointError.path("/../x")) { try endpoint.request(ClientRequest(rest: "/../x", query: nil), secret: nil) }
  }

  @Test func aPathMayFillAPlaceOfTheURL() throws {
    let (read, problems) = descriptor(
      """
      test.one:
        kind: text_to_speech
        endpoint: {url: "wss://a.example.com/v1/tts/{voice_id}/stream", path_suffix: ["/v1/tts/{voice_id}/stream", "/{voice_id}"]}
        handshake: {headers: {X-Id: "{uuid}", X-Date: "{date}"}}
      """)
    #expect(problems == [])
    let endpoint = try Endpoint(descriptor: #require(read))
    let client = ClientRequest(rest: "/v1/tts/abc%20d/stream", query: nil)
    let request = try endpoint.request(client, secret: nil, uuid: "u-1", unixTime: 1_562_744_143)
    #expect(request.target == "/v1/tts/abc%20d/stream")
    #expect(request.headers.map(\.1) == ["u-1", "Wed, 10 Jul 2019 07:35:43 GMT"])
    #expect(throws: EndpointError.path("")) { try endpoint.request(ClientRequest(rest: "", query: nil), secret: nil) }
  }

  @Test(arguments: [
    "", "x", "ftp://a/b", "wss://", "wss:///x", "wss://a:0/", "wss://a:99999/", "wss://user:pass@a/", "wss://a/#f",
    "wss://a b/", "wss://a/b c", "wss://[::1/", "wss://{host}/",
  ])
  func whatIsNoURLIsRefusedBeforeAnybodyComes(url: String) {
    #expect(throws: EndpointError.self) { try Endpoint(url: url) }
  }

  @Test func urlsInTheirParts() throws {
    let six = try UpstreamURL("wss://[::1]:8443/a?b")
    #expect(six.host == "::1")
    #expect(six.authority == "[::1]:8443")
    #expect(six.target == "/a?b")
    #expect(try UpstreamURL("WS://Example.COM").authority == "example.com")
    #expect(try UpstreamURL("ws://example.com").target == "/")
    #expect(try UpstreamURL("https://example.com:443/").authority == "example.com")
  }
}
