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

  @Test func whatIsNoObjectHasNone() throws {
    #expect(try FirstMessage.withoutCredential("hello", vendor("lmnt.speech")) == nil)
    #expect(try FirstMessage.withoutCredential("[1]", vendor("lmnt.speech")) == nil)
    #expect(try FirstMessage.withoutCredential("{}", vendor("lmnt.speech"))?.credential == nil)
  }
}
