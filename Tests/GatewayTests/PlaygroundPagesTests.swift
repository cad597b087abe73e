import JSON
import TestSupport
import Testing
import Tokens

/// The playground's answers, without a browser.
struct PlaygroundPagesTests {
  private static func start(_ settings: String = "playground: on", routes: String = "") throws -> GatewayProcess {
    try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"}
      \(settings)
      authentication:
        app: {type: jwt, secret: {env: JWT_SECRET}, issuer: us, audience: [voxgate], algorithms: [HS384]}
        other: {type: jwt, secret: {env: JWT_SECRET}, required_claims: [exp, tenant]}
        ticket: {type: session_token, authentication: [app], bind: [route, origin]}
      upstreams:
        deepgram: {vendor: deepgram.listen, query: {defaults: {model: nova-3, encoding: mulaw, sample_rate: "8000"}}}
        bare: {vendor: deepgram.listen}
        voice: {vendor: elevenlabs.tts}
        spoken: {vendor: azure.speech, variables: {region: x}}
        own: {url: "ws://127.0.0.1:9"}
      defaults: {authentication: [app]}
      routes:
        /listen: {upstream: deepgram, origins: ["http://localhost:1"]}
        /ticket: {upstream: own, authentication: [ticket, app], origins: ["http://localhost:1"]}
        /bare: {upstream: bare, authentication: [other]}
        /any/*: {upstream: own, authentication: [app], enabled: false}
        /voice/*: {upstream: voice}
        /spoken: {upstream: spoken}
      \(routes)
      """, environment: ["JWT_SECRET": "a secret of thirty-two bytes and more"], arguments: ["--simulate", "missing"])
  }

  /// What browsers say of a page's requests to its own address.
  private static let sameOrigin = ("Sec-Fetch-Site", "same-origin")
  private static let here = [("Host", "localhost:1"), ("Origin", "http://localhost:1"), sameOrigin]

  private func routes(_ gateway: GatewayProcess, _ headers: [(String, String)] = [("Host", "localhost"), Self.sameOrigin]) throws
    -> [String: JSONValue]
  {
    let answer = try gateway.ask("/playground/routes?origin=http%3A%2F%2Flocalhost%3A1", headers)
    let list = try JSONValue.parse(answer.text)["routes"]?.arrayValue ?? []
    return Dictionary(list.map { ($0["path"]?.stringValue ?? "", $0) }) { first, _ in first }
  }

  /// Scripts, styles and data with their own types and a policy that lets nothing else in.
  @Test func servesItsFiles() throws {
    let gateway = try Self.start()
    let files = [
      ("/", "text/html; charset=utf-8"), ("/playground/playground.js", "text/javascript; charset=utf-8"),
      ("/playground/page.css", "text/css; charset=utf-8"), ("/playground/closes.json", "application/json"),
      ("/playground/sample.mp3", "audio/mpeg"), ("/playground/icon.svg", "image/svg+xml"),
    ]
    for (path, type) in files {
      let answer = try gateway.get(path)
      #expect(answer.status == 200 && answer["Content-Type"] == [type], "\(path)")
      let policy = answer["Content-Security-Policy"].joined()
      #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'") && !policy.contains("unsafe"), "\(policy)")
      #expect(answer["Content-Security-Policy"].count == 1 && answer["X-Content-Type-Options"] == ["nosniff"])
      #expect(answer["X-Frame-Options"] == ["DENY"] && answer["Cache-Control"] == ["no-cache"])
      #expect(try gateway.get(path, method: "HEAD").status == 200)
      #expect(try gateway.get(path, method: "POST").status == 405)
    }
    for path in ["/playground", "/playground/", "/playground/dashboard.js", "/playground/../upstreams.yaml", "/playground/playground.js/"] {
      #expect(try gateway.get(path).status == 404, "\(path)")
    }
    // Everything else keeps the policy of what is no page.
    #expect(try gateway.get("/health")["Content-Security-Policy"] == ["default-src 'none'; frame-ancestors 'none'"])
    #expect(try gateway.get("/playground/routes")["Content-Security-Policy"] == ["default-src 'none'; frame-ancestors 'none'"])
    #expect(try AdmissionClient(gateway, UpgradeRequest("/")).status == 404)
    // The operator's address has pages of its own.
    #expect(try gateway.get("/playground/playground.js", port: gateway.adminPort).status == 404)
    #expect(try gateway.stop() == 0)
  }

  @Test func saysWhatARouteNeeds() throws {
    let gateway = try Self.start()
    let routes = try routes(gateway)
    let listen = try #require(routes["/listen"])
    #expect(listen["simulated"] == true && listen["enabled"] == true && listen["page_allowed"] == true && listen["problem"] == .null)
    let authentication: JSONValue = ["needed": true, "methods": ["jwt"], "places": ["subprotocol", "query", "message"], "mints": true]
    #expect(listen["authentication"] == authentication)
    // The format that the upstream is asked for anyway is the one that is sent.
    #expect(listen["plan"]?["input"]?["format"] == ["encoding": "mulaw", "rate": 8000, "channels": 1])
    #expect(listen["plan"]?["query"] == [["interim_results", "true"]])
    #expect(listen["plan"]?["input"]?["frames"] == 800)
    #expect(routes["/bare"]?["missing"]?.stringValue?.contains("model") == true)
    #expect(routes["/bare"]?["authentication"]?["mints"] == false && routes["/bare"]?["page_allowed"] == false)
    #expect(routes["/ticket"]?["authentication"]?["methods"] == ["session_token", "jwt"])
    #expect(routes["/any/*"]?["url"] == "/any" && routes["/any/*"]?["enabled"] == false && routes["/any/*"]?["vendor"] == .null)
    // The vendor's path has a place that nothing fills but a client's.
    #expect(routes["/voice/*"]?["rest"] == "/v1/text-to-speech/{voice_id}/stream-input" && routes["/voice/*"]?["missing"] == .null)
    #expect(routes["/any/*"]?["rest"] == "" && routes["/listen"]?["rest"] == .null)
    // What the page adds by itself is not missing.
    #expect(routes["/spoken"]?["missing"] == .null && routes["/spoken"]?["plan"]?["query"]?[0] == ["language", "en-US"])
    let text = try gateway.get("/playground/routes").text
    #expect(!text.contains("thirty-two"))
    #expect(try gateway.stop() == 0)
  }

  /// Tokens that work, for a page of this machine on this machine and for nobody else.
  @Test func mintsForThisMachineOnly() throws {
    let gateway = try Self.start()
    let here = Self.here
    for route in ["/listen", "/ticket"] {
      let answer = try gateway.ask("/playground/token", here, body: #"{"route":"\#(route)"}"#)
      #expect(answer.status == 200 && answer["Cache-Control"] == ["no-store"], "\(answer.text)")
      let token = try #require(try JSONValue.parse(answer.text)["token"]?.stringValue)
      #expect((token.filter { $0 == "." }.count == 2) == (route == "/listen"))
      let request = UpgradeRequest("\(route)?token=\(token)").with("Origin", "http://localhost:1")
      // Behind the other there is nothing, which only somebody hears who was let in.
      #expect(try AdmissionClient(gateway, request).status == (route == "/listen" ? 101 : 502), "\(route)")
    }
    let others: [(String, [(String, String)], String, Int)] = [
      ("another page", [("Host", "localhost:1"), ("Origin", "http://evil.example"), Self.sameOrigin], "/listen", 403),
      ("another page, by a browser", [here[0], here[1], ("Sec-Fetch-Site", "cross-site")], "/listen", 403),
      ("no page", [("Host", "localhost:1"), Self.sameOrigin], "/listen", 403), ("no browser", [here[0], here[1]], "/listen", 403),
      ("a name that leads here", [("Host", "evil.example"), ("Origin", "http://evil.example"), Self.sameOrigin], "/listen", 403),
      ("through a proxy", here + [("X-Forwarded-For", "203.0.113.9")], "/listen", 403),
      ("through another", here + [("Via", "1.1 proxy")], "/listen", 403),
      ("a claim that nobody here makes", here, "/bare", 400), ("no route", here, "/none", 400),
    ]
    for (name, headers, route, status) in others {
      let answer = try gateway.ask("/playground/token", headers, body: #"{"route":"\#(route)"}"#)
      #expect(answer.status == status && !answer.text.contains("\"token\""), "\(name): \(answer.text)")
    }
    #expect(try gateway.ask("/playground/token", here, body: "{").status == 400)
    #expect(try gateway.get("/playground/token").status == 405)
    #expect(try routes(gateway, [("Host", "evil.example"), Self.sameOrigin])["/listen"]?["authentication"]?["mints"] == false)
    #expect(try gateway.stop() == 0)
  }

  /// What a browser does not tell its page: once, and to the address that was refused.
  @Test func tellsWhyItsSocketWasRefused() throws {
    let gateway = try Self.start()
    let request = UpgradeRequest("/listen?token=wrong").with("Host", "localhost:1").with("Origin", "http://localhost:1")
    #expect(try AdmissionClient(gateway, request).status == 401)
    #expect(try gateway.get("/playground/refusal?route=%2Fticket").text == "null")
    let told = try JSONValue.parse(gateway.get("/playground/refusal?route=%2Flisten").text)
    #expect(told["status"] == 401 && told["type"] == "unauthorized" && told["close"] == 1008 && told["reason"] == "Invalid token")
    #expect(try gateway.get("/playground/refusal?route=%2Flisten").text == "null")
    // Of other pages' sockets nothing is kept.
    #expect(try AdmissionClient(gateway, request.with("Host", "localhost:2")).status == 401)
    #expect(try gateway.get("/playground/refusal?route=%2Flisten").text == "null")
    #expect(try gateway.stop() == 0)
  }

  /// Nothing in production unless asked for, and then without tokens; what a table has at `/` comes first.
  @Test func isThereWhereItShouldBe() throws {
    let proxies = "trusted_proxies: [127.0.0.2/32]"
    let rows = [
      ("", "", 200, false), ("playground: on", "", 200, true), ("playground: off", "", 404, false),
      ("environment: production\n\(proxies)", "", 404, false), ("environment: production\nplayground: on\n\(proxies)", "", 200, false),
      ("playground: on\npages: {/: {own: page}}", "", 200, true),
      // A proxy on this machine has this machine's address for everybody.
      ("playground: on\n\(proxies)", "", 200, false),
    ]
    for (settings, routes, status, mints) in rows {
      let gateway = try Self.start(settings, routes: routes)
      let page = try gateway.get("/")
      #expect(page.status == status, "\(settings)")
      #expect(page.text.contains("<!doctype html>") == (status == 200 && !settings.contains("pages")), "\(settings)")
      let token = try gateway.ask("/playground/token", Self.here, body: #"{"route":"/listen"}"#)
      #expect((token.status == 200) == mints, "\(settings): \(token.text)")
      #expect(try gateway.stop() == 0)
    }
  }
}

extension GatewayProcess {
  /// One page, with a Host of the test's own; POST where there is a body.
  func ask(_ path: String, _ headers: [(String, String)], body: String? = nil) throws -> RawConnection.Head {
    let connection = try RawConnection(port: port)
    let lines = (headers + (body.map { [("Content-Length", "\($0.utf8.count)")] } ?? [])).map { "\($0.0): \($0.1)\r\n" }.joined()
    try connection.send("\(body == nil ? "GET" : "POST") \(path) HTTP/1.1\r\n\(lines)\r\n\(body ?? "")")
    return try connection.head()
  }
}
