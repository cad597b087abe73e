import Configuration
import JSON

/// What a client is told inside its socket, in the words of the frontends that wait for them.
struct SocketTexts: Sendable, Equatable {
  let style: RouteHandshake.Style
  /// What the texts call the upstream.
  let upstream: String

  static let authenticated = text(["type": "auth_success", "message": "Authentication successful"])

  var tokenRequired: [UInt8] { fault("auth_error", "Token required", "token_required") }
  var invalidToken: [UInt8] { fault("auth_error", "Invalid token", "invalid_token") }
  var notConfigured: [UInt8] { fault("auth_error", "Authentication not configured", "not_configured") }
  var authenticationRequired: [UInt8] { fault("auth_required", "Please authenticate first", "auth_required") }
  var invalidFormat: [UInt8] { fault("error", "Invalid message format", "invalid_message") }
  var alreadyConnected: [UInt8] { fault("error", "Already connected", "already_connected") }
  var connectionError: [UInt8] { fault("error", "\(upstream) connection error", "connection_error") }

  /// The answer to a message that needs an upstream; nil where it is dropped in silence.
  var connectionLost: [UInt8]? {
    style == .flat ? nil : fault("error", "\(upstream) connection lost. Please reconnect.", "connection_lost")
  }

  /// An upstream has closed.
  var closed: [[UInt8]] { style == .flat ? [Self.text(["type": "realtime_disconnected"])] : [] }

  /// An upstream was lost, or could not be opened.
  var lost: [[UInt8]] { [connectionError] + closed }

  private func fault(_ type: String, _ message: String, _ name: String) -> [UInt8] {
    switch style {
    case .flat: Self.text(["type": .string(type), "error": .string(message)])
    case .nested: Self.text(["type": .string(type), "error": ["message": .string(message), "type": .string(name)]])
    }
  }

  private static func text(_ value: JSONValue) -> [UInt8] { value.serialize() }
}
