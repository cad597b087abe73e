import Configuration
import Guards
import NIOHTTP1
import Testing
import Vendors
import WebSocket

@testable import Gateway

/// What a value says of itself when somebody prints, logs or dumps it: no credential, no cookie, no query.
@Suite struct DescriptionTests {
  private static let canary = "canary-credential-0123456789"

  @Test func saysNothing() throws {
    let canary = Self.canary
    let fields = [
      ("Host", "h"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
      ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "token, \(canary)"),
      ("Authorization", "Bearer \(canary)"),
      ("Cookie", "token=\(canary)"), ("xi-api-key", canary),
    ]
    let head = RequestHead(
      HTTPRequestHead(version: .http1_1, method: .GET, uri: "/listen?token=\(canary)", headers: HTTPHeaders(fields)))
    let server = try ServerOpening(method: "GET", version: (1, 1), headers: fields.map { (name: $0.0, value: $0.1) })
    let request = ClientRequest(query: "token=\(canary)&tag=\(canary)", headers: fields, subprotocols: server.subprotocols)
    let credential = ClientCredential.extract(request, nil)
    #expect(credential.credential == canary)
    var random = SystemRandomNumberGenerator()
    let client = try ClientOpening(
      host: "h", path: "/?key=\(canary)", subprotocols: [canary], headers: [(name: "Authorization", value: canary)], using: &random)
    let address = ClientAddress(.v4(0x7F00_0001))
    let asked = AdmissionRequest(client: address, ip: "127.0.0.xxx", credential: canary, place: .authorization)
    let target = DialTarget(host: "h", port: 1, tls: nil, opening: client)
    let values: [Any] = [
      head, server, request, credential, client, asked, target, Evidence(asked, route: "/listen", headers: fields.map { ($0.0, $0.1) }),
    ]
    for value in values {
      var text = "\(value) \(String(reflecting: value))"
      dump(value, to: &text)
      #expect(!text.contains(canary), "\(type(of: value))")
    }
  }
}
