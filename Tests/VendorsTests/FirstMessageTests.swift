import JSON
import Testing
@testable import Vendors

@Suite struct FirstMessageTests {
  @Test func theClientsCredentialIsTakenOutAndTheVendorsPutIn() throws {
    let entry = try vendor("lmnt.speech")
    let taken = try #require(FirstMessage.withoutCredential(#"{"X-API-Key":"mine","voice":"v","n":{"a":1}}"#, entry))
    #expect(taken.credential == "mine")
    #expect(taken.message == ["voice": "v", "n": ["a": 1]])
    let placed = FirstMessage.placing(.init(path: "X-API-Key", value: "theirs"), in: taken.message)
    #expect(placed == ["voice": "v", "n": ["a": 1], "X-API-Key": "theirs"])
  }

  @Test func aNestedOneWithAScheme() throws {
    let (read, problems) = descriptor(
      """
      test.one:
        kind: text_to_speech
        endpoint: {url: "wss://a.example/"}
        credential: {placement: [first_message: {path: authorization.accessToken, template: "Bearer {secret}"}]}
        strip: {first_message: [debug, "deep.er.still"]}
      """)
    #expect(problems == [])
    let entry = try #require(read)
    let text = #"{"authorization":{"accessToken":"Bearer abc","kind":"x"},"debug":1,"deep":{"er":{"still":2,"more":3}}}"#
    let taken = try #require(FirstMessage.withoutCredential(text, entry))
    #expect(taken.credential == "abc")
    #expect(taken.message == ["authorization": ["kind": "x"], "deep": ["er": ["more": 3]]])
    let request = try Endpoint(descriptor: entry).request(ClientRequest(), secret: "s")
    #expect(request.firstMessageCredential == .init(path: "authorization.accessToken", value: "Bearer s"))
  }

  /// What is as it came is not written anew.
  @Test(arguments: [
    ("lmnt.speech", #"{"voice":"v"}"#, nil, false), ("lmnt.speech", #"{"X-API-Key":"k","voice":"v"}"#, "k", true),
    ("lmnt.speech", #"{"X-API-Key":"","voice":"v"}"#, nil, true), ("lmnt.speech", #"{"X-API-Key":7}"#, nil, true),
    ("soniox.stt", #"{"api_key":"k","model":"m"}"#, "k", true), ("elevenlabs.tts", #"{"text":" ","xi_api_key":"k"}"#, "k", true),
    ("soniox.stt", #"{"api_key":"k","api_key":"l"}"#, "l", true), ("elevenlabs.tts", #"{"text":" ","authorization":"k"}"#, "k", true),
    ("elevenlabs.tts", #"{"text":" "}"#, nil, false),
  ])
  func aReading(name: String, text: String, credential: String?, isChanged: Bool) throws {
    let reading = try #require(FirstMessageRules([vendor(name)]).read(text))
    #expect(reading.credential == credential && reading.isChanged == isChanged, "\(reading)")
    for place in ["X-API-Key", "api_key", "xi_api_key", "authorization"] {
      #expect(reading.message.objectValue?[place] == nil)
    }
  }

  /// A session may lead to several vendors: the places of all count.
  @Test func placesOfSeveralVendors() throws {
    let rules = FirstMessageRules([try vendor("lmnt.speech"), try vendor("soniox.stt")])
    let reading = try #require(rules.read(#"{"api_key":"k","X-API-Key":"l","a":1}"#))
    #expect(reading.message == ["a": 1])
    #expect(["k", "l"].contains(reading.credential))
  }

  @Test func whatIsNoObjectHasNone() throws {
    #expect(try FirstMessage.withoutCredential("hello", vendor("lmnt.speech")) == nil)
    #expect(try FirstMessage.withoutCredential("[1]", vendor("lmnt.speech")) == nil)
    #expect(try FirstMessage.withoutCredential("{}", vendor("lmnt.speech"))?.credential == nil)
  }
}
