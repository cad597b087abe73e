import Configuration
import TestSupport
import Testing
@testable import Gateway

/// Who may announce a client, and that it does not matter how the bytes are cut.
@Suite struct ProxyHeaderReaderTests {
  private typealias Action = ProxyHeaderReader.Action

  private static let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
  private static let v1 = Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n".utf8)
  private static let v2 = ProxyHeaderTests.v2(0x21, 0x11, ProxyHeaderTests.v4Body)
  private static let believed = ProxyHeader(source: IPAddress("192.0.2.1"))

  private static func read(_ bytes: [UInt8], required: Bool, trusted: Bool) -> Action {
    var reader = ProxyHeaderReader(isRequired: required, isTrusted: trusted, maximum: 536)
    return reader.receive(bytes)
  }

  @Test func fromProxies() {
    for required in [false, true] {
      for header in [Self.v1, Self.v2] {
        let action = Self.read(header + Self.request, required: required, trusted: true)
        #expect(action == .proceed(header: Self.believed, rest: Self.request))
        #expect(Self.read(header, required: required, trusted: true) == .proceed(header: Self.believed, rest: []))
      }
      #expect(
        Self.read(Array("PROXY UNKNOWN\r\n".utf8), required: required, trusted: true)
          == .proceed(header: ProxyHeader(source: nil), rest: []))
      #expect(
        Self.read(Array("PROXY rubbish\r\n".utf8), required: required, trusted: true)
          == .refuse(.malformed("expected TCP4, TCP6 or UNKNOWN")))
      #expect(Self.read([], required: required, trusted: true) == .wait)
    }
    #expect(Self.read(Self.request, required: true, trusted: true) == .refuse(.missing))
    #expect(Self.read(Self.request, required: false, trusted: true) == .proceed(header: nil, rest: Self.request))
  }

  /// From others none is believed, and none passes as something else.
  @Test func fromOthers() {
    #expect(Self.read(Self.request, required: false, trusted: false) == .proceed(header: nil, rest: Self.request))
    #expect(Self.read(Self.request, required: true, trusted: false) == .refuse(.untrusted))
    for header in [Self.v1, Self.v2, Array("PROXY UNKNOWN\r\n".utf8), Array("PROXY rubbish\r\n".utf8), ProxyHeaderTests.v2(0x31, 0, [])] {
      for required in [false, true] {
        #expect(Self.read(header + Self.request, required: required, trusted: false) == .refuse(.untrusted))
      }
    }
    // It is not waited for.
    #expect(Self.read(Array("PROXY ".utf8), required: false, trusted: false) == .refuse(.untrusted))
    #expect(Self.read(Array("PROXY".utf8), required: false, trusted: false) == .wait)
    #expect(Self.read(ProxyHeaderTests.signature, required: false, trusted: false) == .refuse(.untrusted))
    #expect(Self.read(ProxyHeaderTests.signature.dropLast(), required: false, trusted: false) == .wait)
  }

  /// In pieces, down to single bytes, the same comes out as at once, and no byte behind the header is lost.
  @Test(arguments: [71, 72, 73] as [UInt64])
  func randomCuts(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let others: [(String, [UInt8], String?)] = [
      ("request", Self.request, nil), ("garbage", random.bytes(300), nil), ("v1 rubbish", Array("PROXY TCP4 x\r\n".utf8), nil),
    ]
    for (name, start, _) in ProxyHeaderTests.valid + others {
      let bytes = start + random.bytes(40)
      for (required, trusted) in [(false, true), (true, true), (false, false)] {
        for longest in [1, 3, 20, 400] {
          var reader = ProxyHeaderReader(isRequired: required, isTrusted: trusted, maximum: 536)
          var action = Action.wait
          var rest = bytes[...]
          for piece in random.split(bytes, longest: longest) {
            action = reader.receive(piece)
            rest = rest.dropFirst(piece.count)
            if action != .wait { break }
          }
          if case .proceed(let header, let kept) = action { action = .proceed(header: header, rest: kept + rest) }
          #expect(action == Self.read(bytes, required: required, trusted: trusted), "seed \(seed): \(name) by \(longest)")
        }
      }
    }
  }
}
