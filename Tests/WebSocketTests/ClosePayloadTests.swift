import Testing

@testable import WebSocket

@Suite("Close payloads, RFC 6455 sections 5.5.1 and 7.4")
struct ClosePayloadTests {
  @Test func everyCode() throws {
    for raw in 0...4_999 as ClosedRange<UInt16> {
      let code = CloseCode(rawValue: raw)
      let bytes = [UInt8(raw >> 8), UInt8(raw & 0xFF), 0x6F, 0x6B]
      let found = Result { try ClosePayload.parse(bytes) }
      if code.mayTravel {
        #expect(try found.get() == ClosePayload(code: code, reason: "ok"), "code \(raw)")
        #expect(ClosePayload.encode(code: code, reason: "ok") == bytes, "code \(raw)")
      } else {
        #expect(throws: ProtocolViolation.closeCode, "code \(raw)") { try found.get() }
        #expect(ClosePayload.encode(code: code, reason: "ok") == [], "code \(raw)")
      }
    }
  }

  @Test func emptyIsNoCode() throws {
    #expect(try ClosePayload.parse([]) == ClosePayload())
    #expect(ClosePayload().encoded == [])
    #expect(ClosePayload(reason: "without a code").encoded == [])
  }

  @Test func oneByteIsNothing() {
    #expect(throws: ProtocolViolation.closeLength) { try ClosePayload.parse([3]) }
  }

  @Test func codeAlone() throws {
    #expect(try ClosePayload.parse([0x03, 0xE8]) == ClosePayload(code: .normal))
    #expect(ClosePayload(code: .normal).encoded == [0x03, 0xE8])
  }

  @Test(arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x6F, 0x6B, 0x80]] as [[UInt8]])
  func reasonMustBeUTF8(reason: [UInt8]) {
    #expect(throws: ProtocolViolation.closeReason) { try ClosePayload.parse([0x03, 0xE8] + reason) }
  }

  @Test(arguments: [
    ("a", 123), ("é", 122), ("€", 123), ("😀", 120), ("👨‍👩‍👧", 108),
  ])
  func aLongReasonIsCutBetweenCharacters(character: String, kept: Int) throws {
    let reason = String(repeating: character, count: 200)
    let payload = ClosePayload.encode(code: .policyViolation, reason: reason)
    #expect(payload.count == 2 + kept)
    let parsed = try ClosePayload.parse(payload)
    #expect(reason.hasPrefix(parsed.reason))
    #expect(parsed.reason.count == kept / character.utf8.count)
  }

  @Test func aReasonThatFitsIsKept() {
    let reason = String(repeating: "€", count: 41)
    #expect(reason.utf8.count == ClosePayload.maximumReason)
    #expect(ClosePayload.encode(code: .normal, reason: reason).count == 125)
  }
}
