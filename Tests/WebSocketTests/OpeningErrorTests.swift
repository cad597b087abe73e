import Testing

@testable import WebSocket

@Suite("Refused upgrades, RFC 6455 sections 4.2.2 and 4.4")
struct OpeningErrorTests {
  @Test func statuses() {
    for error in OpeningError.allCases {
      let expected =
        switch error {
        case .method: 405
        case .upgrade, .version: 426
        default: 400
        }
      #expect(error.status == expected, "\(error.name)")
      #expect(error.text == error.text.lowercased() || error == .method, "\(error.name)")
    }
    #expect(Set(OpeningError.allCases.map(\.text)).count == OpeningError.allCases.count)
  }

  @Test func headersOfTheAnswer() {
    #expect(OpeningError.version.headers.contains { $0 == ("Sec-WebSocket-Version", "13") })
    #expect(OpeningError.upgrade.headers.contains { $0 == ("Upgrade", "websocket") })
    #expect(OpeningError.method.headers.contains { $0 == ("Allow", "GET") })
    #expect(OpeningError.key.headers.isEmpty)
  }
}
