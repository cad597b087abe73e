import Testing

@testable import WebSocket

@Suite("Close codes, RFC 6455 section 7.4")
struct CloseCodeTests {
  /// Section 7.4.1, 7.4.2 and the IANA registry.
  static let allowed = Set<UInt16>([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]).union(3000...4999)

  @Test func onlyAllowedCodesTravel() {
    for raw in UInt16.min ... .max {
      #expect(CloseCode(rawValue: raw).mayTravel == Self.allowed.contains(raw), "code \(raw)")
    }
  }

  @Test(
    arguments: [
      (CloseCode.normal, 1000), (.goingAway, 1001), (.protocolError, 1002), (.unsupportedData, 1003), (.noStatus, 1005), (.abnormal, 1006),
      (.invalidPayload, 1007), (.policyViolation, 1008), (.messageTooBig, 1009), (.mandatoryExtension, 1010), (.internalError, 1011),
      (.serviceRestart, 1012), (.tryAgainLater, 1013), (.badGateway, 1014), (.tlsHandshake, 1015),
    ] as [(CloseCode, UInt16)])
  func named(code: CloseCode, value: UInt16) {
    #expect(code.rawValue == value)
    #expect(code.description == String(value))
  }
}
