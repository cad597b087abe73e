import Testing
import WebSocket
@testable import Relay

/// Who breaks the protocol hears why; the other end hears that the session is over.
@Suite struct RelayViolationTests {
  private struct Offence {
    let violation: ProtocolViolation
    let bytes: [UInt8]
  }

  /// What `party` may not send.
  private static func offences(_ party: Party) -> [Offence] {
    let key: UInt32? = party == .downstream ? 0x0908_0706 : nil
    let wrongKey: UInt32? = party == .downstream ? nil : 0x0908_0706
    func header(_ header: FrameHeader) -> [UInt8] {
      var bytes: [UInt8] = []
      header.encode(into: &bytes)
      return bytes + [UInt8](repeating: 0, count: 40)
    }
    func close(_ payload: [UInt8]) -> [UInt8] { FrameHeader.frame(opcode: .close, payload: payload, maskKey: key) }
    let codes: [UInt16] = [0, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 2_999, 5_000, 65_535]
    return [
      Offence(
        violation: party == .downstream ? .unmaskedFrame : .maskedFrame,
        bytes: header(FrameHeader(opcode: .text, maskKey: wrongKey, payloadLength: 3))),
      Offence(violation: .reservedOpcode, bytes: header(FrameHeader(opcode: 5, maskKey: key, payloadLength: 3))),
      Offence(violation: .reservedBits, bytes: header(FrameHeader(rsv2: true, opcode: 1, maskKey: key, payloadLength: 3))),
      Offence(violation: .unexpectedContinuation, bytes: header(FrameHeader(opcode: .continuation, maskKey: key, payloadLength: 3))),
      Offence(violation: .messageTooBig, bytes: header(FrameHeader(opcode: .binary, maskKey: key, payloadLength: 5_001))),
      Offence(violation: .frameTooBig, bytes: header(FrameHeader(opcode: .binary, maskKey: key, payloadLength: 6_001))),
      Offence(violation: .closeLength, bytes: close([3])),
      Offence(violation: .closeReason, bytes: close([3, 232, 0xC3, 0x28])),
    ] + codes.map { Offence(violation: .closeCode, bytes: close([UInt8($0 >> 8), UInt8($0 & 0xFF)])) }
  }

  private static var terms: RelayTerms {
    var terms = Bench.terms
    terms.maximumFrame = 6_000
    terms.maximumMessage = 5_000
    return terms
  }

  private func sides(_ session: Bench.Session, _ party: Party) -> (offender: Peer, other: Peer) {
    party == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
  }

  private func toldToOther(_ offender: Party) -> ClosePayload {
    ClosePayload(code: offender == .downstream ? .internalError : .badGateway, reason: "Proxy error")
  }

  @Test(arguments: [Party.downstream, .upstream])
  func bothAreTold(party: Party) throws {
    let bench = try Bench()
    for offence in Self.offences(party) {
      let session = try bench.open(Self.terms, .local)
      let (offender, other) = sides(session, party)
      try offender.send(raw: offender.frame(.text, Array("legal".utf8)) + offence.bytes)
      #expect(try other.next() == .message(.text("legal")), "\(offence.violation)")
      try other.send("before the end")
      #expect(try other.answerClose() == toldToOther(party), "\(offence.violation)")
      let verdict = ClosePayload(code: offence.violation.code, reason: offence.violation.reason)
      #expect(try offender.rest() == [.message(.text("before the end")), .close(verdict)], "\(offence.violation)")
      #expect(try other.rest().isEmpty, "\(offence.violation)")
      let outcome = try bench.outcome(of: session)
      #expect(outcome.closedBy == party && outcome.cause == offence.violation.name, "\(offence.violation)")
      #expect(outcome.code == offence.violation.code && outcome.reason == offence.violation.reason, "\(offence.violation)")
      #expect((party == .downstream ? outcome.downstream : outcome.upstream).messages == 1, "\(offence.violation)")
      offender.close()
      other.close()
    }
    try bench.finish()
  }

  @Test func limitsSayTooBig() {
    #expect(ProtocolViolation.messageTooBig.code == .messageTooBig && ProtocolViolation.frameTooBig.code == .messageTooBig)
    #expect(CloseCode.messageTooBig.rawValue == 1_009)
  }

  /// The other end goes without an answer: the offender is told all the same.
  @Test(arguments: [Party.downstream, .upstream])
  func otherEndHangsUp(party: Party) throws {
    let bench = try Bench()
    let session = try bench.open()
    let (offender, other) = sides(session, party)
    try offender.send(raw: [0xFF, 0xFF])
    try offender.send(raw: [UInt8](repeating: 0, count: 12))
    #expect(try other.next() == .close(toldToOther(party)))
    other.close()
    guard case .close(let verdict) = try offender.next() else {
      Issue.record("expected a close frame")
      return
    }
    #expect(verdict.code == .protocolError)
    offender.close()
    try bench.finish()
  }

  /// A violation after the other end has closed: the offender is told at once.
  @Test func insteadOfTheAnswer() throws {
    let bench = try Bench()
    let session = try bench.open()
    try session.client.sendClose(1_000)
    #expect(try session.upstream.next() == .close(ClosePayload(code: .normal)))
    try session.upstream.send(raw: [0x83, 0])
    #expect(try session.upstream.rest().isEmpty, "it has had its Close frame")
    #expect(try session.client.rest() == [.close(ClosePayload(code: .normal))], "its own code comes back")
    #expect(try bench.outcome(of: session).cause == "closed")
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }
}
