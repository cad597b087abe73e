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

  /// Where the vendor takes keys as well, the operator says; where it takes tokens only, a key that has a place in the request is one.
  @Test(
    arguments: [
      ("deepgram.listen", nil, false), ("deepgram.listen", true, true), ("deepgram.listen", false, false),
      ("assemblyai.streaming", true, true),
      ("gladia.live", nil, false), ("vertex.live", nil, false),
    ] as [(String, Bool?, Bool)])
  func whetherATokenIsHad(name: String, said: Bool?, expected: Bool) throws {
    let entry = try vendor(name)
    let settings = UpstreamSettings(variables: entry.missingVariables, exchanges: said)
    #expect(try Endpoint(descriptor: entry, settings: settings).exchanges == expected)
  }

  @Test func aTokenGoesWhereTokensGo() throws {
    func request(_ name: String, _ secret: String) throws -> UpstreamRequest {
      let entry = try vendor(name)
      let query = entry.endpoint.query.required.map { "\($0)=x" }.joined(separator: "&")
      return try Endpoint(descriptor: entry, settings: UpstreamSettings(exchanges: true)).request(
        ClientRequest(query: query), secret: secret)
    }
    #expect(try request("deepgram.listen", "t").headers.contains { $0 == ("Authorization", "Bearer t") })
    #expect(try request("assemblyai.streaming", "t").url.query["token"] == "t")
    #expect(throws: EndpointError.noExchange) {
      try Endpoint(descriptor: vendor("gladia.live"), settings: UpstreamSettings(exchanges: true))
    }
  }

  private static let oauth = """
    test.one:
      kind: speech_to_text
      endpoint: {url: "wss://a.example/"}
      credential:
        placement: [{header: {name: Authorization, scheme: Bearer}, of: token}]
        exchange: {oauth_client_credentials: {url: "https://login.{tenant}.example/token", scope: "speech realtime"}}
    """

  /// RFC 6749 sections 2.3.1 and 4.4.
  @Test func clientCredentials() throws {
    let (read, problems) = descriptor(Self.oauth)
    #expect(problems == [])
    let entry = try #require(read)
    #expect(throws: EndpointError.self) {
      try Endpoint(descriptor: entry, settings: UpstreamSettings(variables: ["tenant": "t"])).tokenRequest(secret: key)
    }
    let settings = UpstreamSettings(variables: ["tenant": "t", "client_id": "me:1"])
    let endpoint = try Endpoint(descriptor: entry, settings: settings)
    #expect(endpoint.exchanges)
    let request = try #require(try endpoint.tokenRequest(secret: "s/e"))
    #expect(request.method == "POST" && request.url == "https://login.t.example/token")
    #expect(request.body == "grant_type=client_credentials&scope=speech%20realtime")
    #expect(request.headers.contains(ClientRequest.Field("Authorization", "Basic " + Base64.encode(Array("me%3A1:s%2Fe".utf8)))))
    #expect(request.headers.contains(ClientRequest.Field("Content-Type", "application/x-www-form-urlencoded")))
    #expect(!"\(request)".contains("s%2Fe"))

    let answer = endpoint.token(in: #"{"access_token":"a","token_type":"Bearer","expires_in":3600}"#, unixTime: 0)
    #expect(answer == Endpoint.Token(value: "a", lifetime: .seconds(3_600), isSingleUse: false))
    #expect(endpoint.token(in: #"{"access_token":"a"}"#, unixTime: 0)?.lifetime == nil)
    #expect(endpoint.token(in: #"{"error":"invalid_client"}"#, unixTime: 0) == nil)
  }

  @Test(arguments: [("s/e", 200), ("other", 401)])
  func aSimulatorHandsOutClientTokens(secret: String, status: Int) throws {
    let (read, _) = descriptor(Self.oauth)
    let entry = try #require(read)
    let endpoint = try Endpoint(descriptor: entry, settings: UpstreamSettings(variables: ["tenant": "t", "client_id": "me"]))
    let request = try #require(try endpoint.tokenRequest(secret: secret))
    let asked = ClientRequest(rest: "/token", query: nil, headers: request.headers.map { ($0.name, $0.value) })
    let answer = SimulatorREST.answer("POST", asked, body: request.body ?? "", entry, secret: "s/e", authority: "a", seed: 1)
    #expect(answer?.status == status)
    if status == 200 { #expect(endpoint.token(in: answer?.body ?? "", unixTime: 0)?.lifetime == .seconds(3_600)) }
  }

  @Test func whoHasNoExchangeAsksNothing() throws {
    #expect(try Endpoint(descriptor: vendor("xai.stt")).tokenRequest(secret: key) == nil)
  }
}
