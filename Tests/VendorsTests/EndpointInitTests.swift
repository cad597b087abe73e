import JSON
import Testing
@testable import Vendors

@Suite struct EndpointInitTests {
  private let key = "init-CANARY-key"

  @Test func theClientsParametersGoIntoTheBody() throws {
    let endpoint = try Endpoint(descriptor: vendor("gladia.live"))
    #expect(endpoint.needsInit(secret: key))
    let request = try endpoint.initRequest(ClientRequest(query: "sample_rate=8000&encoding=wav/ulaw&token=T&other=1"), secret: key)
    #expect(request.method == "POST")
    #expect(request.url == "https://api.gladia.io/v2/live?region=eu-west")
    #expect(request.headers.contains(ClientRequest.Field("x-gladia-key", key)))
    let body = try JSONValue.parse(try #require(request.body))
    #expect(body == ["encoding": "wav/ulaw", "bit_depth": 16, "sample_rate": 8000, "channels": 1])
    #expect(try vendor("gladia.live").audio.declared(in: body, .input) == AudioFormat(encoding: .mulaw, rate: 8000))
    #expect(!"\(request)".contains(key))
  }

  @Test func theAnswersURLIsTheSockets() throws {
    let endpoint = try Endpoint(descriptor: vendor("gladia.live"), settings: UpstreamSettings(region: "us"))
    let client = ClientRequest(query: "sample_rate=8000&other=1&token=T")
    #expect(try endpoint.initRequest(client, secret: key).url.hasSuffix("region=us-west"))
    let request = try endpoint.request(client, answer: (201, #"{"id":"1","url":"wss://api.gladia.io/v2/live?token=abc"}"#))
    #expect(request.host == "api.gladia.io")
    #expect(request.target == "/v2/live?token=abc&other=1")
    #expect(request.headers.isEmpty)
  }

  @Test(arguments: [
    (200, #"{"url":"wss://a.b/c"}"#, "status 200, expected 201"), (201, "{}", "no 'url' in its answer"), (201, "text", "no 'url'"),
    (201, #"{"url":"ftp://secret-CANARY/"}"#, "is no WebSocket URL"),
  ])
  func anAnswerThatIsNotTheOneIsSaid(status: Int, body: String, said: String) throws {
    let endpoint = try Endpoint(descriptor: vendor("gladia.live"))
    do throws(EndpointError) {
      _ = try endpoint.request(ClientRequest(), answer: (status, body))
      Issue.record("taken")
    } catch {
      #expect(error.description.contains(said))
      #expect(!error.description.contains("CANARY"))
      #expect(error.status == 502)
    }
  }

  /// Where an answer may lead: to the endpoint's own host, to the one that was asked, and to those that the descriptor names.
  static let led: [(vendor: String, url: String, isAllowed: Bool)] = [
    ("gladia.live", "wss://api.gladia.io/v2/live?token=t", true), ("gladia.live", "wss://api.gladia.io:8443/v2/live", false),
    ("gladia.live", "ws://api.gladia.io/v2/live", false), ("gladia.live", "wss://evil.example/v2/live", false),
    ("gladia.live", "wss://gladia.io/", false), ("gladia.live", "wss://api.gladia.io.evil.example/", false),
    ("gladia.live", "wss://127.0.0.1/", false), ("ultravox.call", "wss://voice.ultravox.ai/calls/1", true),
    ("ultravox.call", "wss://a.b.ultravox.ai/calls/1", true), ("ultravox.call", "wss://VOICE.ultravox.ai/", true),
    ("ultravox.call", "wss://ultravox.ai/", false), ("ultravox.call", "wss://evilultravox.ai/", false),
    ("ultravox.call", "wss://[::1]/", false), ("elevenlabs.agents", "wss://api.elevenlabs.io/v1/convai?x=1", true),
    ("elevenlabs.agents", "wss://elevenlabs.io.evil.example/", false),
  ]

  @Test(arguments: led.indices)
  func anAnswerLeadsNowhereElse(index: Int) throws {
    let (name, url, isAllowed) = Self.led[index]
    let entry = try vendor(name)
    let rules = try #require(entry.initRequest)
    let body = JSONValue.object(JSONObject([.init(rules.urlPath?.text ?? "", .string(url))])).text()
    let endpoint = try Endpoint(descriptor: entry)
    do throws(EndpointError) {
      _ = try endpoint.request(ClientRequest(query: "agent_id=a"), answer: (rules.status, body))
      #expect(isAllowed, "\(url)")
    } catch {
      #expect(!isAllowed, "\(url)")
      #expect(error.description.contains("none that may be dialled"), "\(error)")
    }
  }

  /// What stands in for the vendor may lead to itself and to nobody else.
  @Test func aStandInLeadsToItself() throws {
    let endpoint = try Endpoint(descriptor: vendor("gladia.live"))
    func lead(_ url: String) throws(EndpointError) -> UpstreamRequest {
      try endpoint.request(ClientRequest(), answer: (201, #"{"url":"\#(url)"}"#), standIn: "127.0.0.1:9")
    }
    #expect(try lead("ws://127.0.0.1:9/v2/live?token=t").target == "/v2/live?token=t")
    #expect(throws: EndpointError.self) { try lead("wss://api.gladia.io/v2/live") }
    #expect(throws: EndpointError.self) { try lead("ws://127.0.0.1:10/") }
  }

  @Test(
    arguments: [
      ("api.a.io", nil), ("*.a.io", nil), ("*.io", "two labels"), ("*", "host name"), ("a..io", "host name"), ("https://a.io", "host name"),
      ("*.*.io", "host name"),
    ] as [(String, String?)])
  func aHostIsCheckedInTheDescriptor(host: String, problem: String?) {
    #expect(HostPattern.problem(host)?.contains(problem ?? "-") == problem.map { _ in true })
  }

  @Test func aParameterMayStandInTheURL() throws {
    let endpoint = try Endpoint(descriptor: vendor("elevenlabs.agents"))
    let request = try endpoint.initRequest(ClientRequest(query: "agent_id=a%26b"), secret: key)
    #expect(request.url == "https://api.elevenlabs.io/v1/convai/conversation/get-signed-url?agent_id=a%26b")
    #expect(request.body == nil)
    #expect(throws: EndpointError.self) { try endpoint.initRequest(ClientRequest(), secret: key) }
    // A public agent needs neither key nor question.
    #expect(!endpoint.needsInit(secret: nil))
    #expect(try endpoint.request(ClientRequest(query: "agent_id=a"), secret: nil).target == "/v1/convai/conversation?agent_id=a")
    #expect(throws: EndpointError.needsInit) { try endpoint.request(ClientRequest(query: "agent_id=a"), secret: key) }
  }

  @Test(arguments: Catalogue.builtIn().names.filter { Catalogue.builtIn()[$0]?.initRequest != nil })
  func theSimulatorAnswersOnlyWhoHasTheKey(name: String) throws {
    let entry = try vendor(name)
    let endpoint = try Endpoint(descriptor: entry)
    let first = try endpoint.initRequest(ClientRequest(query: "agent_id=a"), secret: key)
    let url = try UpstreamURL(first.url)
    func answer(_ method: String, _ headers: [ClientRequest.Field], _ body: String?) -> SimulatorREST.Answer? {
      let request = ClientRequest(rest: url.path, query: url.query, headers: headers)
      return SimulatorREST.answer(method, request, body: body ?? "", entry, secret: key, authority: "127.0.0.1:9", seed: 1)
    }
    #expect(answer(first.method, first.headers, first.body)?.status == entry.initRequest?.status)
    #expect(answer("DELETE", first.headers, first.body)?.status == 405)
    #expect(answer(first.method, [], first.body)?.status == 401)
    let wrong = first.headers.map { ClientRequest.Field($0.name, $0.value.replacing(key, with: "other")) }
    #expect(answer(first.method, wrong, first.body)?.status == 401)
    if first.body != nil { #expect(answer(first.method, first.headers, "[]")?.status == 400) }
    let elsewhere = ClientRequest(rest: "/elsewhere", headers: first.headers)
    #expect(SimulatorREST.answer(first.method, elsewhere, body: "", entry, secret: key, authority: "a", seed: 1) == nil)
  }

  /// What was declared beforehand holds in the session.
  @Test func theSessionIsInTheFormatThatWasAskedFor() throws {
    let entry = try vendor("ultravox.call")
    let client = ClientRequest(query: "input_sample_rate=8000&output_sample_rate=48000")
    let body = try #require(try Endpoint(descriptor: entry).initBody(client.query))
    #expect(try entry.audio.declared(in: body, .input) == AudioFormat(encoding: .pcmS16LE, rate: 8000))
    var talk = try Conversation(Doorway(entry).knock(client))
    talk.stream(pcm(speech(syllables: 4, rate: 8000)), piece: 320)
    talk.wait(.seconds(5))
    #expect(talk.all("transcript").first?["text"] == "every word you hear")
    // Four syllables at 48 kHz and 16 bits, and not at half of it.
    #expect(talk.audio.count > 48_000)
  }

  @Test func aFormatThatIsNotTakenIsRefusedBeforehand() throws {
    let entry = try vendor("gladia.live")
    let first = try Endpoint(descriptor: entry).initRequest(ClientRequest(query: "encoding=wav/opus"), secret: key)
    let request = ClientRequest(rest: "/v2/live", headers: first.headers)
    let answer = SimulatorREST.answer("POST", request, body: first.body ?? "", entry, secret: key, authority: "a", seed: 1)
    #expect(answer?.status == 400)
    #expect(answer?.body.contains("wav/opus") ?? false)
  }
}
