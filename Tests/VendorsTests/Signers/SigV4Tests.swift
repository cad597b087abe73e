import Testing
@testable import Vendors

@Suite struct SigV4Tests {
  static let time = 1_440_938_160
  static let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

  /// AWS's own: https://github.com/awslabs/aws-c-auth, tests/aws-signing-test-suite/v4, the `query-signature.txt` of each case.
  static let suite: [(name: String, query: [(String, String)], token: String?, signature: String)] = [
    ("get-vanilla", [], nil, "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"),
    (
      "get-vanilla-query-order-key-case", [("Param2", "value2"), ("Param1", "value1")], nil,
      "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5"
    ),
    (
      "get-vanilla-query-unreserved",
      [
        (
          "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
          "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        )
      ], nil, "8e76a88a7433637b12778d5592799b29ad21ecd6cf6325051c21d86f0acda2bf"
    ),
    (
      "get-vanilla-empty-query-key", [("Param1", "value1")], nil, "49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de"
    ),
    (
      "get-vanilla-query-order-encoded", [("Param-3", "Value3"), ("Param", "Value2"), ("ሴ", "Value1")], nil,
      "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787"
    ),
    ("get-vanilla-utf8-query", [("ሴ", "bar")], nil, "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600"),
    (
      "get-vanilla-with-session-token", [], "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
      "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c"
    ),
  ]

  @Test(arguments: suite)
  func theTestSuiteOfAWS(row: (name: String, query: [(String, String)], token: String?, signature: String)) throws {
    var url = try UpstreamURL("wss://example.amazonaws.com/")
    url.query = Query(row.query)
    let signer = SigV4(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.key, sessionToken: row.token, region: "us-east-1", service: "service", expires: 3600
    )
    let signed = signer.signed(url, unixTime: Self.time)
    #expect(signed.query[SigV4.signature] == row.signature, "\(row.name)")
    #expect(!signed.target.contains(Self.key))
  }

  /// The canonical request of get-vanilla, as `query-canonical-request.txt` has it.
  @Test func aCanonicalRequest() throws {
    let parameters =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request"
      + "&X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host"
    let url = try UpstreamURL("wss://example.amazonaws.com/?\(parameters)")
    #expect(
      SigV4.canonicalRequest(url)
        == "GET\n/\n\(parameters)\nhost:example.amazonaws.com\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  /// As botocore 1.43.11 signs it (`SigV4QueryAuth`): a port, blanks and a token with every sign of base64.
  @Test func aTranscriptionAsBotocoreSignsIt() throws {
    let url = try UpstreamURL(
      "wss://transcribestreaming.eu-west-1.amazonaws.com:8443/stream-transcription-websocket?language-code=en-GB&media-encoding=pcm"
        + "&sample-rate=16000&vocabulary-name=my%20words")
    let signer = SigV4(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.key, sessionToken: "token/with+signs==", region: "eu-west-1", service: "transcribe",
      expires: 300)
    let signed = signer.signed(url, unixTime: Self.time)
    #expect(signed.query[SigV4.signature] == "4881a27133d044241dc2bdd4b4c8767b0a578cde929b7c4120129d263939b38f")
    #expect(signed.query["X-Amz-Security-Token"] == "token/with+signs==")
    // Signing again changes nothing but what time changes.
    #expect(signer.signed(signed, unixTime: Self.time) == signed)
    #expect(signer.signed(signed, unixTime: Self.time + 1) != signed)
  }

  /// What another reader may take for a blank is written so that none can.
  @Test func everyItemIsWrittenAsItWasSigned() throws {
    let signer = SigV4(accessKeyID: "A", secretAccessKey: "k", region: "r", service: "s", expires: 1)
    let url = try UpstreamURL("wss://a.example/?a=b+c&flag&d=%7e")
    #expect(signer.signed(url, unixTime: 0).query.text.hasPrefix("a=b%2Bc&flag=&d=~&X-Amz-Algorithm="))
  }
}
