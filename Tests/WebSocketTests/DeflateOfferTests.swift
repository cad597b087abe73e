import Testing

@testable import WebSocket

@Suite("Parameters of permessage-deflate, RFC 7692 section 7.1")
struct DeflateOfferTests {
  static func parse(_ text: String) throws -> [ExtensionHeader] { try #require(ExtensionHeader.parse([text])) }

  static let legal: [(String, DeflateOffer)] = [
    ("permessage-deflate", DeflateOffer()),
    ("permessage-deflate; server_no_context_takeover", DeflateOffer(serverNoContextTakeover: true)),
    ("permessage-deflate; client_no_context_takeover", DeflateOffer(clientNoContextTakeover: true)),
    ("permessage-deflate; server_max_window_bits=8", DeflateOffer(serverMaxWindowBits: 8)),
    ("permessage-deflate; server_max_window_bits=15", DeflateOffer(serverMaxWindowBits: 15)),
    ("permessage-deflate; client_max_window_bits", DeflateOffer(clientMaxWindowBits: .unlimited)),
    ("permessage-deflate; client_max_window_bits=10", DeflateOffer(clientMaxWindowBits: .bits(10))),
    (
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=11",
      DeflateOffer(
        serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: .bits(11))
    ),
  ]

  @Test(arguments: legal.indices)
  func readsAndWrites(index: Int) throws {
    let (text, offer) = Self.legal[index]
    #expect(DeflateOffer(try Self.parse(text)[0]) == offer)
    #expect(offer.header.encoded == text)
  }

  @Test func orderAndQuotesDoNotMatter() throws {
    let text = "permessage-deflate; client_max_window_bits=\"12\" ; server_no_context_takeover;server_max_window_bits = 13"
    #expect(
      DeflateOffer(try Self.parse(text)[0])
        == DeflateOffer(serverNoContextTakeover: true, serverMaxWindowBits: 13, clientMaxWindowBits: .bits(12)))
  }

  @Test(
    "7.1: unknown, repeated or invalid",
    arguments: [
      "x-webkit-deflate-frame", "permessage-bzip2", "permessage-deflate; foo", "permessage-deflate; foo=1",
      "permessage-deflate; server_no_context_takeover=true", "permessage-deflate; client_no_context_takeover=1",
      "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
      "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
      "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
      "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=08",
      "permessage-deflate; server_max_window_bits=+9", "permessage-deflate; server_max_window_bits=10.0",
      "permessage-deflate; server_max_window_bits=0x9", "permessage-deflate; server_max_window_bits=-9",
      "permessage-deflate; server_max_window_bits=99999999999999999999",
      "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
      "permessage-deflate; client_max_window_bits=7", "permessage-deflate; client_max_window_bits=16",
      "permessage-deflate; client_max_window_bits=010", "permessage-deflate; client_max_window_bits=a",
      "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
    ])
  func refuses(text: String) throws {
    #expect(DeflateOffer(try Self.parse(text)[0]) == nil)
  }
}
