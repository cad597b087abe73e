import TestSupport
import Testing
@testable import WebSocket

/// Docs/Upstreams.md: its tables start, and do what the page says.
@Suite struct UpstreamsPageTests {
  private static let page = "Docs/Upstreams.md"
  private static let environment = ["DEEPGRAM_API_KEY": "k", "DEEPGRAM_SPARE_KEY": "l"]

  private static func tables() throws -> [String] {
    try Repository.blocks("yaml", of: page).filter { $0.hasPrefix("version:") }
      .map { $0.replacing("127.0.0.1:8080\"", with: "127.0.0.1:0\"") + "admin: {address: \"127.0.0.1:0\"}\n" }
  }

  @Test func theTablesStart() throws {
    let tables = try Self.tables()
    #expect(tables.count == 4)
    for table in tables {
      let gateway = try GatewayProcess(table, environment: Self.environment, arguments: ["--simulate", "all"])
      let client = try AdmissionClient(gateway, UpgradeRequest("/listen?model=nova-3"))
      #expect(client.status == 101, "\(client.answer.text)")
      #expect(try gateway.get("/upstreams", port: gateway.adminPort).text.contains(#""state":"closed""#))
      try client.leave()
    }
  }

  /// The metrics that the page names are there.
  @Test func theMetrics() throws {
    let table = try #require(try Self.tables().first)
    let gateway = try GatewayProcess(table, environment: Self.environment, arguments: ["--simulate", "all"])
    let page = try gateway.get("/metrics", port: gateway.adminPort).text
    let names = try Repository.text(Self.page).split(separator: "`").filter { $0.hasPrefix("voxgate_") }
    #expect(names.count == 5)
    for name in names { #expect(page.contains("# TYPE \(name) "), "\(name)") }
  }

  /// With the vendor's endpoints out of reach the page's own fallback has the session.
  @Test func theFallback() throws {
    let (dead, own) = (try RawListener(listening: false), try RawListener())
    let table = try #require(try Self.tables().first { $0.contains("127.0.0.1:9000") })
    #expect(table.contains("endpoints: [{region: eu}]"))
    let vendors = """
      vendors:
        dead.listen: {like: deepgram.listen, endpoint: {url: "ws://127.0.0.1:\(dead.port)/v1/listen"}}

      """
    let gateway = try GatewayProcess(
      table.replacing("vendor: deepgram.listen", with: "vendor: dead.listen").replacing("127.0.0.1:9000", with: "127.0.0.1:\(own.port)")
        + vendors,
      environment: Self.environment)
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/listen?model=nova-3").text)
    let upstream = try UpstreamEnd(own)
    #expect(upstream.asked.line == "GET /v1/listen?model=nova-3 HTTP/1.1")
    #expect(!"\(upstream.asked.headers)".contains("Token k"))
    #expect(try AdmissionClient(connection).status == 101)
  }
}
