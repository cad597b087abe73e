import Testing

@testable import WebSocket

@Suite("Protocol violations, RFC 6455 section 7.4.1")
struct ProtocolViolationTests {
  @Test(arguments: ProtocolViolation.allCases)
  func eachFitsACloseFrame(violation: ProtocolViolation) throws {
    #expect(violation.code.mayTravel)
    let payload = ClosePayload.encode(code: violation.code, reason: violation.reason)
    #expect(try ClosePayload.parse(payload) == ClosePayload(code: violation.code, reason: violation.reason))
    #expect(violation.name.utf8.allSatisfy { $0 == 0x5F || ($0 >= 0x61 && $0 <= 0x7A) })
  }

  @Test func codes() {
    let tooBig: Set<ProtocolViolation> = [.frameTooBig, .messageTooBig]
    let badData: Set<ProtocolViolation> = [.invalidText, .badCompression, .closeReason]
    for violation in ProtocolViolation.allCases {
      let expected: CloseCode = tooBig.contains(violation) ? .messageTooBig : badData.contains(violation) ? .invalidPayload : .protocolError
      #expect(violation.code == expected, "\(violation.name)")
    }
    #expect(Set(ProtocolViolation.allCases.map(\.reason)).count == ProtocolViolation.allCases.count)
  }
}
