import Testing
@testable import Vendors

/// Variables that have only some values, and those that a path chooses.
@Suite struct EndpointChoicesTests {
  private func path(_ name: String, rest: String = "", _ variables: [String: String] = [:], query: String? = nil) throws -> String {
    let endpoint = try Endpoint(descriptor: vendor(name), settings: UpstreamSettings(variables: variables))
    return try endpoint.request(ClientRequest(rest: rest, query: query), secret: "k").url.path
  }

  @Test func aPathChoosesAmongTheChoices() throws {
    let voice = ["voice_id": "v"]
    #expect(try path("elevenlabs.tts", voice) == "/v1/text-to-speech/v/stream-input")
    #expect(try path("elevenlabs.tts", rest: "/v1/text-to-speech/w/multi-stream-input") == "/v1/text-to-speech/w/multi-stream-input")
    #expect(throws: EndpointError.path("/v1/text-to-speech/w/delete")) { try path("elevenlabs.tts", rest: "/v1/text-to-speech/w/delete") }
    // Without a path there is no voice.
    #expect(throws: EndpointError.path("")) { try path("elevenlabs.tts") }
  }

  @Test func aPlaceMayBePartOfASegment() throws {
    let stem = "/ws/google.ai.generativelanguage"
    #expect(try path("gemini.live") == "\(stem).v1beta.GenerativeService.BidiGenerateContent")
    let other = "\(stem).v1alpha.GenerativeService.BidiGenerateContentConstrained"
    #expect(try path("gemini.live", rest: other) == other)
    let wrong = "\(stem).v9.GenerativeService.BidiGenerateContent"
    #expect(throws: EndpointError.path(wrong)) { try path("gemini.live", rest: wrong) }
  }

  @Test func anOperatorChoosesAmongTheChoices() throws {
    let preview = try Endpoint(
      descriptor: vendor("azure.voice_live"),
      settings: UpstreamSettings(variables: ["resource": "mine", "domain": "cognitiveservices.azure.com"]))
    #expect(preview.base?.host == "mine.cognitiveservices.azure.com")
    let known = try vendor("azure.voice_live").endpoint.choices["domain"] ?? []
    #expect(throws: EndpointError.choice("domain", found: "example.com", expected: known)) {
      try Endpoint(
        descriptor: vendor("azure.voice_live"), settings: UpstreamSettings(variables: ["resource": "a", "domain": "example.com"]))
    }
  }

  @Test func theSchemeMayBeAPlace() throws {
    let open = try Endpoint(descriptor: vendor("vllm.realtime"), settings: UpstreamSettings(variables: ["host": "localhost:8000"]))
    #expect(open.base?.scheme == "ws")
    let closed = try Endpoint(
      descriptor: vendor("vllm.realtime"), settings: UpstreamSettings(variables: ["host": "a.example", "scheme": "wss"]))
    #expect(closed.base?.scheme == "wss")
    #expect(closed.base?.port == 443)
  }

  @Test func aCredentialThatIsOptionalMayBeMissing() throws {
    let endpoint = try Endpoint(descriptor: vendor("vllm.realtime"), settings: UpstreamSettings(variables: ["host": "localhost:8000"]))
    #expect(try endpoint.request(ClientRequest(), secret: nil).headers.isEmpty)
    #expect(try endpoint.request(ClientRequest(), secret: "k").headers.contains { $0 == ("Authorization", "Bearer k") })
  }

  @Test func aClientsHeaderGoesBeforeTheUsualOne() throws {
    let endpoint = try Endpoint(descriptor: vendor("cartesia.tts"))
    func version(_ headers: [(String, String)]) throws -> [String] {
      let request = try endpoint.request(ClientRequest(query: nil, headers: headers), secret: "k")
      return request.headers.filter { HeaderName.equal($0.0, "Cartesia-Version") }.map(\.1)
    }
    #expect(try version([]) == ["2026-08-14"])
    #expect(try version([("cartesia-version", "2025-04-16")]) == ["2025-04-16"])
    let operators = try Endpoint(
      descriptor: vendor("cartesia.tts"), settings: UpstreamSettings(headers: [("Cartesia-Version", "2024-11-13")]))
    let request = try operators.request(ClientRequest(query: nil, headers: [("Cartesia-Version", "2025-04-16")]), secret: "k")
    #expect(request.headers.filter { $0.0 == "Cartesia-Version" }.map(\.1) == ["2024-11-13"])
  }
}
