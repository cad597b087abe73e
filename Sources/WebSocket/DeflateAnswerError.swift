/// Why a server's permessage-deflate is no answer to a client's offer (RFC 7692 section 7.1). The client must fail the connection.
///
/// The raw value is the stable name; nothing here repeats what the server sent.
public enum DeflateAnswerError: String, Error, Sendable, Equatable, CaseIterable {
  case notOffered = "not_offered"
  case repeated
  case parameters
  case serverContextTakeover = "server_context_takeover"
  case serverWindow = "server_window"
  case clientWindow = "client_window"
  case unsupportedWindow = "unsupported_window"

  /// Stable name for logs and metrics.
  public var name: String { rawValue }

  /// What was found and what was expected.
  public var text: String {
    switch self {
    case .notOffered: "server answered permessage-deflate, which was not offered"
    case .repeated: "server answered permessage-deflate more than once"
    case .parameters: "server's permessage-deflate has an unknown, repeated or invalid parameter"
    case .serverContextTakeover: "server's permessage-deflate lacks server_no_context_takeover, which was asked for"
    case .serverWindow: "server's permessage-deflate has a larger server_max_window_bits than was asked for"
    case .clientWindow: "server's permessage-deflate has a client_max_window_bits that was not offered"
    case .unsupportedWindow: "server's permessage-deflate has client_max_window_bits 8, expected 9 to 15"
    }
  }
}
