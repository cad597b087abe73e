import Glibc
import JSON
import TestSupport
import Testing

/// What the operator's address tells and does: sessions, events, upstreams.
@Suite struct AdminPagesTests {
  private static let token = "canary-admin-token-0123456789"

  private static func start(admin: String = "") throws -> GatewayProcess {
    try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"\(admin)}
      authentication: {app: {type: jwt, algorithms: [HS256], secret: {env: JWT_SECRET}}}
      upstreams:
        vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}
        none: {vendor: openai.realtime, credential: {env: NOT_SET}, query: {defaults: {model: gpt-realtime}}}
      defaults: {authentication: none}
      routes:
        /a: {upstream: vendor}
        /b/*: {upstream: vendor, authentication: [app]}
        /none: {upstream: none}
        /inside: {upstream: vendor, handshake: {connect: connect_realtime, style: nested, name: Test}}

      """,
      environment: ["K": "canary-key", "ADMIN": token, "JWT_SECRET": RefusalTests.secret], arguments: ["--simulate", "all"])
  }

  private static func call(_ gateway: GatewayProcess, _ method: String, _ path: String, _ headers: [(String, String)] = []) throws -> (
    status: Int, body: JSONValue
  ) {
    let answer = try gateway.get(path, port: gateway.adminPort, method: method, headers)
    return (answer.status, try JSONValue.parse(answer.body))
  }

  @Test func sessions() throws {
    let gateway = try Self.start()
    #expect(try gateway.sessions() == ["total": 0, "sessions": []])
    let first = try AdmissionClient(gateway, UpgradeRequest("/a"))
    let second = try AdmissionClient(gateway, UpgradeRequest("/b/v1/listen?token=\(AdmissionCredentialTests.token())"))
    #expect(first.status == 101 && second.status == 101)
    try first.send(.text(#"{"type":"KeepAlive"}"#))

    let all = try gateway.sessions()
    #expect(all["total"] == 2)
    let listed = all["sessions"]?.arrayValue ?? []
    #expect(listed.map { $0["route"] } == ["/b/*", "/a"], "the latest first")
    for each in listed {
      #expect(
        each.objectValue?.names == ["session", "route", "upstream", "subject", "ip", "opened", "seconds", "ready_ms"]
          && each["upstream"] == "vendor" && each["ip"] == "127.0.0.xxx" && (each["ready_ms"]?.intValue ?? -1) >= 0
          && (each["seconds"]?.intValue ?? -1) >= 0 && each["opened"]?.stringValue?.hasSuffix("Z") == true)
    }
    #expect(listed.map { $0["subject"] } == ["alice", .null])
    #expect(try gateway.sessions("?limit=1")["sessions"]?.arrayValue?.count == 1)
    #expect(try gateway.sessions("?limit=0") == ["total": 2, "sessions": []])
    #expect(try gateway.sessions("?route=/a")["total"] == 1 && gateway.sessions("?route=/gone")["total"] == 0)
    #expect(try gateway.sessions("?subject=alice")["total"] == 1)

    // One of them, as its reactor counts it.
    let id = try #require(listed.last?["session"]?.stringValue)
    var one = JSONValue.null
    for _ in 0..<1_000 {
      one = try Self.call(gateway, "GET", "/sessions/\(id)").body
      if one.at("downstream.messages") == 1 { break }
      usleep(20_000)
    }
    #expect(one["session"] == .string(id) && one["route"] == "/a" && one["closing"] == false)
    #expect(one.at("downstream.messages") == 1 && one.at("downstream.bytes") == 26 && one.at("upstream.messages")?.intValue != nil)

    // Closed: the client hears why, and it is a session no more.
    let (status, body) = try Self.call(gateway, "DELETE", "/sessions/\(id)")
    #expect(status == 202 && body == ["closed": true])
    #expect(try first.close() == "1008 Closed by operator")
    try first.leave()
    let record = try gateway.logLine(with: #""event":"session""#, id)
    #expect(record.contains(#""cause":"closed_by_operator""#) && record.contains(#""closed_by":"gateway""#))
    for _ in 0..<1_000 where try gateway.sessions()["total"] != 1 { usleep(20_000) }
    for method in ["GET", "DELETE"] { #expect(try Self.call(gateway, method, "/sessions/\(id)").status == 404) }

    // All of a caller, and of a route.
    #expect(try Self.call(gateway, "DELETE", "/sessions?subject=nobody").body == ["closed": 0])
    let third = try AdmissionClient(gateway, UpgradeRequest("/a"))
    #expect(try Self.call(gateway, "DELETE", "/sessions?subject=alice&route=/b/*").body == ["closed": 1])
    #expect(try second.close() == "1008 Closed by operator")
    #expect(try Self.call(gateway, "DELETE", "/sessions?route=/a").body == ["closed": 1])
    #expect(try third.close() == "1008 Closed by operator")
    #expect(try gateway.stop() == 0)
  }

  /// Whoever can be seen can be closed, however shortly it has been there.
  @Test func closedAsSoonAsTheyAreSeen() throws {
    let gateway = try Self.start()
    let connections = try (0..<120).map { number in
      let connection = try RawConnection(port: gateway.port)
      try connection.send(UpgradeRequest(number % 2 == 0 ? "/a" : "/inside").text)
      return connection
    }
    var closed: Set<String> = []
    for _ in 0..<3_000 where closed.count < connections.count {
      for session in try gateway.sessions("?limit=1000")["sessions"]?.arrayValue ?? [] {
        guard let id = session["session"]?.stringValue, closed.insert(id).inserted else { continue }
        #expect(try Self.call(gateway, "DELETE", "/sessions/\(id)").status == 202)
      }
    }
    #expect(closed.count == connections.count)
    for connection in connections {
      let client = try AdmissionClient(connection)
      #expect(client.status == 101)
      #expect(try client.close() == "1008 Closed by operator")
    }
    #expect(try gateway.stop() == 0)
  }

  @Test func whatIsNoCall() throws {
    let gateway = try Self.start()
    for (method, path, status) in [
      ("DELETE", "/sessions", 400), ("GET", "/sessions?limit=x", 400), ("GET", "/sessions?limit=-1", 400), ("GET", "/events?limit=x", 400),
      ("GET", "/sessions/0123456789abcdef", 404), ("DELETE", "/sessions/", 404),
    ] {
      let (found, body) = try Self.call(gateway, method, path)
      #expect(found == status && body.at("error.message")?.stringValue?.isEmpty == false, "\(method) \(path)")
    }
    for (method, path, allow) in [
      ("PUT", "/sessions", "GET, HEAD, DELETE"), ("POST", "/events", "GET, HEAD"), ("DELETE", "/upstreams", "GET, HEAD"),
    ] {
      let answer = try gateway.get(path, port: gateway.adminPort, method: method)
      #expect(answer.status == 405 && answer["Allow"] == [allow], "\(method) \(path)")
    }
    // None of it at the clients' address.
    for path in ["/sessions", "/events", "/upstreams", "/metrics"] { #expect(try gateway.get(path).status == 404, "\(path)") }
  }

  @Test func events() throws {
    let gateway = try Self.start()
    let refused = try AdmissionClient(gateway, UpgradeRequest("/b/x"))
    #expect(refused.status == 401)
    let taken = try AdmissionClient(gateway, UpgradeRequest("/a"))
    try taken.leave()
    _ = try gateway.logLine(with: "WS_CONNECTION_CLOSED")
    let events = try gateway.events()
    #expect(events.map { $0["event"] } == ["WS_CONNECTION_CLOSED", "WS_CONNECTION_ESTABLISHED", "WS_AUTH_FAILED_NO_TOKEN"])
    // Every field as in the log.
    for event in events {
      let line = try JSONValue.parse(
        Array(gateway.logLine(with: event["event"]?.stringValue ?? "?", event["session"]?.stringValue ?? "?").utf8))
      for member in event.objectValue?.members ?? [] where member.name != "time" {
        #expect(line[member.name] == member.value, "\(member.name)")
      }
    }
    #expect(try gateway.events("?limit=1").map { $0["event"] } == ["WS_CONNECTION_CLOSED"])
  }

  @Test func upstreams() throws {
    let gateway = try Self.start()
    let (status, body) = try Self.call(gateway, "GET", "/upstreams")
    let upstreams = body["upstreams"]?.arrayValue ?? []
    #expect(status == 200 && upstreams.map { $0["name"] } == ["none", "vendor"])
    for upstream in upstreams {
      #expect(
        upstream["simulated"] == true && upstream["vendor"]?.stringValue != nil && upstream["endpoints"]?.arrayValue != nil
          && upstream["credentials"]?.arrayValue != nil && upstream["state"]?.stringValue != nil)
    }
    #expect(!String(decoding: body.serialize(), as: UTF8.self).contains("canary"))
  }

  /// A page of another site cannot do anything, whatever its browser lets it send.
  @Test func pagesOfOtherSites() throws {
    let gateway = try Self.start()
    let session = try AdmissionClient(gateway, UpgradeRequest("/a"))
    let own = "http://localhost:\(gateway.adminPort)"
    let calls = [("POST", "/reload"), ("PUT", "/enabled"), ("PUT", "/routes/a/enabled"), ("DELETE", "/sessions?route=/a")]
    for (method, path) in calls {
      for headers in [[("Origin", "https://evil.test")], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")]] {
        #expect(try gateway.get(path, port: gateway.adminPort, method: method, headers).status == 403, "\(method) \(path) \(headers)")
      }
      let connection = try RawConnection(port: gateway.adminPort)
      try connection.send("\(method) \(path) HTTP/1.1\r\nHost: rebound.test:\(gateway.adminPort)\r\nOrigin: \(own)\r\n\r\n")
      #expect(try connection.head().status == 421, "\(method) \(path)")
    }
    for path in ["/sessions", "/events", "/upstreams", "/metrics", "/routes", "/"] {
      let connection = try RawConnection(port: gateway.adminPort)
      try connection.send("GET \(path) HTTP/1.1\r\nHost: rebound.test:\(gateway.adminPort)\r\n\r\n")
      #expect(try connection.head().status == 421, "\(path)")
    }
    #expect(try gateway.sessions()["total"] == 1)
    // No answer invites a page of elsewhere to read it.
    let answer = try gateway.get("/sessions", port: gateway.adminPort, [("Origin", "https://evil.test")])
    #expect(answer["Access-Control-Allow-Origin"] == [])
    #expect(try gateway.get("/reload", port: gateway.adminPort, method: "OPTIONS", [("Origin", "https://evil.test")]).status != 204)
    try session.leave()
  }

  @Test func theToken() throws {
    let gateway = try Self.start(admin: ", token: {env: ADMIN}")
    for (method, path) in [
      ("GET", "/sessions"), ("GET", "/events"), ("GET", "/upstreams"), ("POST", "/reload"), ("DELETE", "/sessions?route=/a"),
    ] {
      #expect(try gateway.get(path, port: gateway.adminPort, method: method).status == 401, "\(path)")
      let given = try gateway.get(path, port: gateway.adminPort, method: method, [("Authorization", "Bearer \(Self.token)")])
      #expect((200...299).contains(given.status), "\(path)")
    }
    #expect(!gateway.log.contains(Self.token))
  }
}
