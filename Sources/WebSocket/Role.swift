/// Which end of a WebSocket connection somebody plays (RFC 6455 section 1.2).
///
/// It always names the endpoint it is given to. A frame reader of role `.server` reads what a client sent, so it expects masked frames;
/// a closing handshake of role `.client` waits for the server to end the TCP connection.
public enum Role: Sendable, Equatable, CaseIterable {
  case client
  case server

  /// The other end.
  @inlinable
  public var peer: Role { self == .client ? .server : .client }

  /// Whether this end masks the frames it sends (section 5.1).
  @inlinable
  public var masks: Bool { self == .client }
}
