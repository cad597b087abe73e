import JSON
import Telemetry
import TestSupport
import Testing

@testable import Gateway

struct InfoPageTests {
  @Test func fillsItsTexts() throws {
    let rows = [
      (#"{"a":"{time}","b":["ws://{host}/x",1,true,null]}"#, #"{"a":"1970-01-01T00:00:00.000Z","b":["ws://h:1/x",1,true,null]}"#),
      (#"{"{time}":"{other} {{host}} {host"}"#, #"{"{time}":"{other} {h:1} {host"}"#),
      (#"{"nested":{"deep":{"at":"{time}{time}"}}}"#, #"{"nested":{"deep":{"at":"1970-01-01T00:00:00.000Z1970-01-01T00:00:00.000Z"}}}"#),
    ]
    for (text, expected) in rows {
      let page = try #require(InfoPage(text))
      #expect(String(decoding: page.body(host: "h:1", at: Timestamp(milliseconds: 0)), as: UTF8.self) == expected)
    }
  }

  /// What a request says is text and nothing else.
  @Test func isNotMadeByTheRequest() throws {
    let page = try #require(InfoPage(#"{"host":"{host}"}"#))
    let body = page.body(host: #"","x":"{time}"#, at: Timestamp(milliseconds: 0))
    #expect(try JSONValue.parse(body) == ["host": #"","x":"{time}"#])
  }

  /// While every route is off some pages say something else, with 503; `/health` may too.
  @Test func saysThatEverythingIsOff() throws {
    let gateway = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"}
      upstreams: {own: {url: "ws://127.0.0.1:9"}}
      pages: {/test: {is: on}, /other: {is: other}}
      pages_off: {/test: {is: off}, /only: {is: off}}
      defaults: {authentication: none}
      routes: {/a: {upstream: own}, /b: {upstream: own, enabled: false}}
      """)
    func pages() throws -> [String] {
      try ["/test", "/other", "/only"].map { path in
        let answer = try gateway.get(path)
        return "\(answer.status) \(answer.text)"
      }
    }
    let open = [#"200 {"is":"on"}"#, #"200 {"is":"other"}"#, "404 Not Found\n"]
    #expect(try pages() == open)
    for switched in ["/enabled", "/routes/a/enabled"] {
      try KillSwitchesPagesTests.put(gateway, switched, "false")
      #expect(try pages() == [#"503 {"is":"off"}"#, #"200 {"is":"other"}"#, #"503 {"is":"off"}"#], "\(switched)")
      try KillSwitchesPagesTests.put(gateway, switched, "true")
      #expect(try pages() == open)
    }
  }

  /// Row N21: pages of one address are counted together, apart from its openings; `/health` is not.
  @Test func countsRequests() throws {
    let gateway = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      upstreams: {own: {url: "ws://127.0.0.1:9"}}
      pages: {/test: {is: on}, /other: {is: other}}
      page_limit: 4/1h
      routes: {/a: {upstream: own, authentication: none}}
      """)
    for (left, path) in ["/test", "/other", "/test?x=1", "/ready"].enumerated() {
      let answer = try gateway.get(path)
      #expect(answer.status == 200 && answer["RateLimit-Limit"] == ["4"] && answer["RateLimit-Remaining"] == ["\(3 - left)"], "\(path)")
    }
    let refused = try gateway.get("/test?token=canary-token")
    #expect(refused.status == 429 && refused["RateLimit-Remaining"] == ["0"] && refused["Retry-After"].count == 1, "\(refused.headers)")
    #expect(refused.text.contains(#""type":"rate_limited""#))
    let line = try gateway.logLine(with: "HTTP_RATE_LIMIT_EXCEEDED")
    #expect(line.contains(#""path":"/test""#) && !line.contains("canary"))
    for _ in 0..<8 { #expect(try gateway.get("/health")["RateLimit-Limit"] == []) }
    #expect(try AdmissionClient(gateway, UpgradeRequest("/a")).status == 502)
  }

  /// By the table: pages, a route that is meant by a parameter, and a path that hides.
  @Test func servesWhatTheTableSays() throws {
    let gateway = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      upstreams: {own: {url: "ws://127.0.0.1:9"}}
      pages: {/test: {at: "ws://{host}/a"}, /health: {status: OK}}
      defaults: {authentication: none}
      routes:
        /a: {upstream: own, plain: not_found, instead: {service: {other: /b, off: /c}}}
        /b: {upstream: own}
        /c: {upstream: own, enabled: false}
        /*: {upstream: own}
      """)
    let pages = [
      ("/test", 200, #"{"at":"ws://voxgate.test/a"}"#), ("/health", 200, #"{"status":"OK"}"#), ("/a", 404, "Not Found\n"),
    ]
    for (path, status, text) in pages {
      let answer = try gateway.get(path)
      #expect(answer.status == status && answer.text == text, "\(path): \(answer.text)")
    }
    #expect(try gateway.get("/b").status == 426)
    #expect(try gateway.get("/test", method: "POST").status == 405)
    let queries = [
      ("", 502), ("?service=off", 503), ("?service=other&service=off", 502), ("?service=off&service=other", 503), ("?x=off", 502),
    ]
    for (query, status) in queries {
      #expect(try AdmissionClient(gateway, UpgradeRequest("/a\(query)")).status == status, "\(query)")
    }
    #expect(try gateway.stop() == 0)
  }

  /// What follows the path of a route is its own upstream's, and not that of the route which a parameter means.
  @Test func theRestOfAPathStays() throws {
    let vendor = try RawListener()
    let gateway = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      upstreams: {own: {url: "ws://127.0.0.1:\(vendor.port)/own"}}
      defaults: {authentication: none}
      routes:
        /a/*: {upstream: own, instead: {service: {other: /b}}}
        /b: {upstream: own}
      """)
    for (target, line) in [("/a/x/y", "GET /own/x/y HTTP/1.1"), ("/a/x/y?service=other", "GET /own?service=other HTTP/1.1")] {
      let client = try RawConnection(port: gateway.port)
      try client.send(UpgradeRequest(target).text)
      #expect(try UpstreamEnd(vendor).asked.line == line)
      client.close()
    }
    #expect(try gateway.stop() == 0)
  }
}
