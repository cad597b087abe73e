import Testing
@testable import Telemetry

@Suite struct RedactionTests {
  @Test(arguments: [
    ("/deepgram-proxy", "/deepgram-proxy"),
    ("/deepgram-proxy?token=SECRET", "/deepgram-proxy"),
    ("/p?model=nova-3&token=SECRET&language=en", "/p?model=nova-3&language=en"),
    ("/p?TOKEN=SECRET", "/p"),
    ("/p?%74oken=SECRET", "/p"),
    ("/p?t%6Fke%6e=SECRET&a=1", "/p?a=1"),
    ("/p?access_token=SECRET&single_use_token=SECRET&jwt=SECRET&key=SECRET&api-key=SECRET&api_key=SECRET&authorization=SECRET", "/p"),
    ("/p?X-Amz-Signature=SECRET&X-Amz-Date=20260101T000000Z", "/p?X-Amz-Date=20260101T000000Z"),
    ("/p?token=SECRET&token=SECRET", "/p"),
    ("/p?token", "/p"),
    ("/p?a=1#access_token=SECRET", "/p?a=1"),
    ("/p?next=/q?token=1", "/p?next=/q?token=1"),
    ("wss://user:SECRET@api.example.com/v1?keyterm=x", "wss://api.example.com/v1?keyterm=x"),
    ("wss://user:a@SECRET@api.example.com/v1", "wss://api.example.com/v1"),
    ("wss://api.example.com/@handle?model=m", "wss://api.example.com/@handle?model=m"),
    ("/p?", "/p"), ("", ""), ("?token=SECRET", ""), ("/p?tokens=2", "/p?tokens=2"), ("/p?%", "/p?%"), ("/p?%zz=1", "/p?%zz=1"),
  ])
  func strips(_ url: String, _ expected: String) {
    let result = Redaction.url(url)
    #expect(result == expected)
    #expect(!result.contains("SECRET"))
  }

  @Test func furtherNamesAreStripped() {
    #expect(Redaction.url("/p?sess=SECRET&a=1", names: ["sess"]) == "/p?a=1")
  }

  @Test func controlCharactersGoAndLengthIsBounded() {
    #expect(Redaction.url("/p\r\nX: y\u{1B}[31m") == "/pX: y[31m")
    #expect(Redaction.url("/" + String(repeating: "a", count: 5000)).utf8.count <= 515)
  }
}
