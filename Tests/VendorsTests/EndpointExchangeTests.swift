import JSON
import Testing
@testable import Vendors

@Suite struct EndpointExchangeTests {
  private let key = "exchange-CANARY-key"

  @Test(arguments: Catalogue.builtIn().names.filter { Catalogue.builtIn()[$0]?.credential.exchange?.restToken != nil })
  func aTokenOfTheSimulatorsOpensASession(name: String) throws {
    let entry = try vendor(name)
    let rules = try #require(entry.credential.exchange?.restToken)
    let endpoint = try Endpoint(descriptor: entry, settings: UpstreamSettings(variables: entry.missingVariables))
    let request = try #require(try endpoint.tokenRequest(secret: key))
    let url = try UpstreamURL(request.url)
    let asked = ClientRequest(rest: url.path, query: url.query, headers: request.headers)
    let answer = try #require(
      SimulatorREST.answer(
        request.method, asked, body: request.body ?? "", entry, secret: key, authority: "a", seed: 9, unixTime: 1_800_000_000))
    #expect(answer.status == 200)
    let token = try #require(endpoint.token(in: answer.body, unixTime: 1_800_000_000))
    #expect(token.isSingleUse == rules.singleUse)
    #expect(token.lifetime == nil || token.lifetime ?? .zero > .seconds(1), "\(String(describing: token.lifetime))")
    #expect(!"\(token) \(request)".contains(token.value))
    let places = entry.credential.choices.filter { $0.kind != .key }
    #expect(!places.isEmpty)
    for choice in places {
      if case .firstMessage = choice.placement { continue }
      let admission = try Doorway(entry, placement: choice.placement).knock(ClientRequest(), secret: token.value)
      switch admission {
      case .accepted: break
      case .refused(let refusal): #expect(refusal.status == 400, "\(choice.placement): \(refusal)")
      }
    }
  }

  static let answers: [(vendor: String, answer: String, value: String?, seconds: Int?)] = [
    ("deepgram.listen", #"{"access_token":"a.b.c","expires_in":30}"#, "a.b.c", 30),
    ("deepgram.listen", #"{"access_token":"a.b.c"}"#, "a.b.c", 30), ("deepgram.listen", "{}", nil, nil), ("deepgram.listen", "", nil, nil),
    ("openai.realtime", #"{"value":"ek_1","expires_at":1800000600}"#, "ek_1", 600),
    ("openai.realtime", #"{"value":"ek_1","expires_at":1700000000}"#, "ek_1", 0),
    ("openai.realtime_beta", #"{"client_secret":{"value":"ek_2"}}"#, "ek_2", nil),
    ("speechmatics.realtime", #"{"key_value":"t"}"#, "t", 60),
  ]

  @Test(arguments: answers)
  func anAnswerIsRead(name: String, answer: String, value: String?, seconds: Int?) throws {
    let token = try Endpoint(descriptor: vendor(name)).token(in: answer, unixTime: 1_800_000_000)
    #expect(token?.value == value)
    #expect(token?.lifetime == seconds.map { .seconds($0) })
  }

  @Test func whoHasNoExchangeAsksNothing() throws {
    #expect(try Endpoint(descriptor: vendor("xai.stt")).tokenRequest(secret: key) == nil)
  }
}
