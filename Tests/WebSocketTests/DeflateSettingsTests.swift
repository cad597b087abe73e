import TestSupport
import Testing

@testable import WebSocket

@Suite("Negotiation of permessage-deflate, RFC 7692 sections 5.1 and 7.1")
struct DeflateSettingsTests {
  // MARK: The server's side

  struct Answer: Sendable {
    let offers: String
    var settings = DeflateSettings()
    /// nil where the server declines.
    let answer: String?
    var parameters = DeflateParameters()
  }

  static let name = "permessage-deflate"
  static let small = DeflateSettings(serverMaxWindowBits: 12, clientMaxWindowBits: 11)
  static let alone = DeflateSettings(serverNoContextTakeover: true, clientNoContextTakeover: true)

  static let answers: [Answer] = [
    // No parameters.
    Answer(offers: name, answer: name),
    Answer(offers: "", answer: nil),
    Answer(offers: "x-webkit-deflate-frame, foo; bar=1", answer: nil),
    Answer(offers: name, settings: DeflateSettings(isEnabled: false), answer: nil),
    // 7.1.1.1: asked for, it is granted; the server may also choose it.
    Answer(
      offers: "\(name); server_no_context_takeover", answer: "\(name); server_no_context_takeover",
      parameters: DeflateParameters(serverNoContextTakeover: true)),
    // 7.1.1.2: a hint that is taken up; the server may also demand it.
    Answer(
      offers: "\(name); client_no_context_takeover", answer: "\(name); client_no_context_takeover",
      parameters: DeflateParameters(clientNoContextTakeover: true)),
    Answer(
      offers: name, settings: alone, answer: "\(name); server_no_context_takeover; client_no_context_takeover",
      parameters: DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)),
    // 7.1.2.1: the same value or a smaller one; without a wish the server may name one.
    Answer(
      offers: "\(name); server_max_window_bits=10", answer: "\(name); server_max_window_bits=10",
      parameters: DeflateParameters(serverMaxWindowBits: 10)),
    Answer(offers: "\(name); server_max_window_bits=15", answer: "\(name); server_max_window_bits=15"),
    Answer(
      offers: "\(name); server_max_window_bits=14", settings: small, answer: "\(name); server_max_window_bits=12",
      parameters: DeflateParameters(serverMaxWindowBits: 12)),
    Answer(
      offers: "\(name); server_max_window_bits=9", settings: small, answer: "\(name); server_max_window_bits=9",
      parameters: DeflateParameters(serverMaxWindowBits: 9)),
    // A window that our compressor does not have.
    Answer(offers: "\(name); server_max_window_bits=8", answer: nil),
    Answer(
      offers: "\(name); server_max_window_bits=8, \(name); server_max_window_bits=9, \(name)",
      answer: "\(name); server_max_window_bits=9", parameters: DeflateParameters(serverMaxWindowBits: 9)),
    Answer(
      offers: name, settings: DeflateSettings(serverMaxWindowBits: 8), answer: "\(name); server_max_window_bits=9",
      parameters: DeflateParameters(serverMaxWindowBits: 9)),
    // 7.1.2.2: only a client that named the parameter can be limited.
    Answer(
      offers: name, settings: small, answer: "\(name); server_max_window_bits=12",
      parameters: DeflateParameters(serverMaxWindowBits: 12, clientMaxWindowBits: 15)),
    Answer(offers: "\(name); client_max_window_bits", answer: name),
    Answer(
      offers: "\(name); client_max_window_bits", settings: DeflateSettings(clientMaxWindowBits: 11),
      answer: "\(name); client_max_window_bits=11", parameters: DeflateParameters(clientMaxWindowBits: 11)),
    Answer(
      offers: "\(name); client_max_window_bits=10", answer: "\(name); client_max_window_bits=10",
      parameters: DeflateParameters(clientMaxWindowBits: 10)),
    Answer(
      offers: "\(name); client_max_window_bits=10", settings: DeflateSettings(clientMaxWindowBits: 9),
      answer: "\(name); client_max_window_bits=9", parameters: DeflateParameters(clientMaxWindowBits: 9)),
    // 8 bits to read are no trouble.
    Answer(
      offers: "\(name); client_max_window_bits=8", answer: "\(name); client_max_window_bits=8",
      parameters: DeflateParameters(clientMaxWindowBits: 8)),
    // The examples of sections 7.1.2.1 and 7.1.3, preferences first.
    Answer(
      offers: "\(name); client_max_window_bits; server_max_window_bits=10, \(name); client_max_window_bits", settings: small,
      answer: "\(name); server_max_window_bits=10; client_max_window_bits=11",
      parameters: DeflateParameters(serverMaxWindowBits: 10, clientMaxWindowBits: 11)),
    Answer(
      offers: "\(name); server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
      answer: "\(name); server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
      parameters: DeflateParameters(
        serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 12, clientMaxWindowBits: 12)),
    // 7.1: an offer that is unusable is passed over, and the next one counts.
    Answer(
      offers: "foo, \(name); bar, \(name); server_max_window_bits=16, \(name); server_no_context_takeover, \(name)",
      answer: "\(name); server_no_context_takeover", parameters: DeflateParameters(serverNoContextTakeover: true)),
    Answer(offers: "\(name); bar, \(name); server_max_window_bits", answer: nil),
  ]

  @Test(arguments: answers.indices)
  func serverAnswers(index: Int) throws {
    let example = Self.answers[index]
    let offers = example.offers.isEmpty ? [] : try DeflateOfferTests.parse(example.offers)
    let found = example.settings.agreement(offers: offers)
    #expect(found?.header.encoded == example.answer, "\(example.offers)")
    #expect(found?.parameters == example.answer.map { _ in example.parameters }, "\(example.offers)")
  }

  // MARK: The client's side

  @Test(
    arguments: [
      (DeflateSettings(), "permessage-deflate; client_max_window_bits"),
      (small, "permessage-deflate; server_max_window_bits=12; client_max_window_bits=11"),
      (alone, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"),
      (
        DeflateSettings(serverMaxWindowBits: 8, clientMaxWindowBits: 8),
        "permessage-deflate; server_max_window_bits=8; client_max_window_bits=9"
      ),
      (DeflateSettings(isEnabled: false), nil),
    ] as [(DeflateSettings, String?)])
  func clientOffers(settings: DeflateSettings, offer: String?) {
    #expect(settings.offer?.encoded == offer)
  }

  struct Check: Sendable {
    var settings = DeflateSettings()
    let answer: String
    var agreed: DeflateParameters?
    var error: DeflateAnswerError?
  }

  static let own = DeflateSettings(serverNoContextTakeover: true)
  static let both = DeflateSettings(serverMaxWindowBits: 10, clientMaxWindowBits: 10)

  static let checks: [Check] = [
    Check(answer: "", agreed: nil),
    Check(answer: "foo", agreed: nil),
    Check(answer: name, agreed: DeflateParameters()),
    Check(settings: DeflateSettings(isEnabled: false), answer: name, error: .notOffered),
    Check(answer: "\(name), \(name)", error: .repeated),
    Check(answer: "\(name); foo", error: .parameters),
    Check(answer: "\(name); server_max_window_bits", error: .parameters),
    Check(answer: "\(name); server_max_window_bits=16", error: .parameters),
    Check(answer: "\(name); server_max_window_bits=7", error: .parameters),
    Check(answer: "\(name); server_no_context_takeover; server_no_context_takeover", error: .parameters),
    // 7.1.1.1
    Check(answer: "\(name); server_no_context_takeover", agreed: DeflateParameters(serverNoContextTakeover: true)),
    Check(settings: own, answer: "\(name); server_no_context_takeover", agreed: DeflateParameters(serverNoContextTakeover: true)),
    Check(settings: own, answer: name, error: .serverContextTakeover),
    // 7.1.1.2: a hint binds the client in any case.
    Check(answer: "\(name); client_no_context_takeover", agreed: DeflateParameters(clientNoContextTakeover: true)),
    Check(
      settings: DeflateSettings(clientNoContextTakeover: true), answer: name, agreed: DeflateParameters(clientNoContextTakeover: true)),
    // 7.1.2.1
    Check(answer: "\(name); server_max_window_bits=8", agreed: DeflateParameters(serverMaxWindowBits: 8)),
    Check(answer: "\(name); server_max_window_bits=15", agreed: DeflateParameters()),
    Check(settings: both, answer: "\(name); server_max_window_bits=11", error: .serverWindow),
    Check(settings: both, answer: name, error: .serverWindow),
    Check(
      settings: both, answer: "\(name); server_max_window_bits=10",
      agreed: DeflateParameters(serverMaxWindowBits: 10, clientMaxWindowBits: 10)),
    Check(
      settings: both, answer: "\(name); server_max_window_bits=9; client_max_window_bits=9",
      agreed: DeflateParameters(serverMaxWindowBits: 9, clientMaxWindowBits: 9)),
    // 7.1.2.2
    Check(answer: "\(name); client_max_window_bits", error: .parameters),
    Check(answer: "\(name); client_max_window_bits=9", agreed: DeflateParameters(clientMaxWindowBits: 9)),
    Check(answer: "\(name); client_max_window_bits=15", agreed: DeflateParameters()),
    Check(answer: "\(name); client_max_window_bits=8", error: .unsupportedWindow),
    Check(settings: both, answer: "\(name); server_max_window_bits=10; client_max_window_bits=11", error: .clientWindow),
  ]

  @Test(arguments: checks.indices)
  func clientChecks(index: Int) throws {
    let example = Self.checks[index]
    let answer = example.answer.isEmpty ? [] : try DeflateOfferTests.parse(example.answer)
    do throws(DeflateAnswerError) {
      let found = try example.settings.agreement(answer: answer)
      #expect(found == example.agreed && example.error == nil, "\(example.answer)")
    } catch {
      #expect(error == example.error, "\(example.answer)")
    }
  }

  // MARK: Both

  @Test("whatever both sides want, they come to the same agreement", arguments: 0..<500 as Range<UInt64>)
  func sidesAgree(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func settings() -> DeflateSettings {
      DeflateSettings(
        serverNoContextTakeover: Bool.random(using: &random), clientNoContextTakeover: Bool.random(using: &random),
        serverMaxWindowBits: Int.random(in: 9...15, using: &random), clientMaxWindowBits: Int.random(in: 9...15, using: &random))
    }
    let (client, server) = (settings(), settings())
    let offer = try #require(client.offer)
    let found = try #require(server.agreement(offers: try DeflateOfferTests.parse(offer.encoded)), "seed \(seed)")
    let agreed = try client.agreement(answer: try DeflateOfferTests.parse(found.header.encoded))
    #expect(agreed == found.parameters, "seed \(seed)")
    #expect(
      found.parameters
        == DeflateParameters(
          serverNoContextTakeover: client.serverNoContextTakeover || server.serverNoContextTakeover,
          clientNoContextTakeover: client.clientNoContextTakeover || server.clientNoContextTakeover,
          serverMaxWindowBits: min(client.serverMaxWindowBits, server.serverMaxWindowBits),
          clientMaxWindowBits: min(client.clientMaxWindowBits, server.clientMaxWindowBits)), "seed \(seed)")
  }

  @Test func numbersAreMovedIntoRange() {
    let low = DeflateSettings(serverMaxWindowBits: 0, clientMaxWindowBits: -1, level: -1, memoryLevel: 0, minimumSize: -5)
    #expect(low.serverMaxWindowBits == 8 && low.clientMaxWindowBits == 8 && low.level == 0 && low.memoryLevel == 1 && low.minimumSize == 0)
    let high = DeflateSettings(serverMaxWindowBits: 16, clientMaxWindowBits: 99, level: 10, memoryLevel: 10)
    #expect(high.serverMaxWindowBits == 15 && high.clientMaxWindowBits == 15 && high.level == 9 && high.memoryLevel == 9)
  }

  @Test(arguments: DeflateAnswerError.allCases)
  func errorsHaveStableNames(error: DeflateAnswerError) {
    #expect(error.name.utf8.allSatisfy { $0 == 0x5F || ($0 >= 0x61 && $0 <= 0x7A) })
    #expect(error.text.hasPrefix("server"))
    #expect(Set(DeflateAnswerError.allCases.map(\.text)).count == DeflateAnswerError.allCases.count)
  }
}
