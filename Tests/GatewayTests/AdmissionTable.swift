/// The parts of a route table that these tests have in common.
enum AdmissionTable {
  static let head = """
    version: 1
    listeners: [{address: "127.0.0.1:0"}]
    admin: {address: "127.0.0.1:0"}

    """

  /// A vendor that the tests play themselves, reached at a port of loopback.
  static func vendor(port: UInt16) -> String {
    """
    vendors:
      test.vendor:
        kind: speech_to_speech
        source: https://vendor.test
        endpoint: {url: "ws://127.0.0.1:\(port)/v1"}
        credential:
          placement:
            - header: {name: Authorization, scheme: Bearer}
            - subprotocol: [realtime, "openai-insecure-api-key.{secret}"]
        codec: {client: json_text, server: json_text}
        discriminator: [{path: type}]

    """
  }
}
