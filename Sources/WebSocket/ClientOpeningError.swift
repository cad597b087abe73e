/// Why a client's opening handshake failed. Repeats nothing of what was sent or received except the status.
public enum ClientOpeningError: Error, Sendable, Equatable {
  // The request cannot be made.
  case host, path, subprotocols, header
  /// The server answered with another status than 101.
  case status(Int)
  // The answer is no acceptance of this request.
  case upgrade, connection, accept, subprotocol, extensions

  /// Stable name for logs and metrics.
  public var name: String {
    switch self {
    case .host: "host"
    case .path: "path"
    case .subprotocols: "subprotocols"
    case .header: "header"
    case .status: "status"
    case .upgrade: "upgrade"
    case .connection: "connection"
    case .accept: "accept"
    case .subprotocol: "subprotocol"
    case .extensions: "extensions"
    }
  }

  /// What was found and what was expected.
  public var text: String {
    switch self {
    case .host: "host must be visible ascii"
    case .path: "path must begin with a slash and be visible ascii"
    case .subprotocols: "subprotocols must be distinct tokens"
    case .header: "an extra header is malformed or belongs to the handshake"
    case .status(let status): "server answered status \(status), expected 101"
    case .upgrade: "server's upgrade header lacks websocket"
    case .connection: "server's connection header lacks upgrade"
    case .accept: "server's sec-websocket-accept does not match the key"
    case .subprotocol: "server chose a subprotocol that was not offered"
    case .extensions: "server's sec-websocket-extensions is malformed or was not offered"
    }
  }
}
