/// Why a request cannot become a WebSocket connection. The raw value is the stable name; nothing here repeats what the client sent.
public enum OpeningError: String, Error, Sendable, Equatable, CaseIterable {
  case method
  case httpVersion = "http_version"
  case host
  case body
  case upgrade
  case connection
  case version
  case key
  case subprotocols
  case extensions

  public var name: String { rawValue }

  /// The status to answer with.
  public var status: Int {
    switch self {
    case .method: 405
    // RFC 9110 section 15.5.22 for a request that asks for no upgrade; RFC 6455 section 4.4 for another version.
    case .upgrade, .version: 426
    default: 400
    }
  }

  /// What was expected.
  public var text: String {
    switch self {
    case .method: "method must be GET"
    case .httpVersion: "http version must be 1.1"
    case .host: "exactly one host header expected"
    case .body: "request must have no body"
    case .upgrade: "upgrade header must contain websocket"
    case .connection: "connection header must contain upgrade"
    case .version: "sec-websocket-version must be 13"
    case .key: "exactly one sec-websocket-key of 16 bytes in base64 expected"
    case .subprotocols: "sec-websocket-protocol must be a list of distinct tokens"
    case .extensions: "sec-websocket-extensions is malformed"
    }
  }

  /// Header lines that belong to the answer.
  public var headers: [HeaderField] {
    switch self {
    case .method: [("Allow", "GET")]
    case .upgrade, .version: [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
    default: []
    }
  }
}
