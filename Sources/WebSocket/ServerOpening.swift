/// A client's request to open a WebSocket connection, checked (RFC 6455 sections 4.2.1 and 4.2.2).
public struct ServerOpening: Sendable, Equatable {
  /// `Sec-WebSocket-Key` as it came.
  public let key: String
  /// What the client offers, in its order of preference.
  public let subprotocols: [String]
  /// What the client offers, in its order of preference.
  public let extensions: [ExtensionHeader]

  /// - Parameter headers: all header lines in the order they came.
  /// - Throws: the first thing that is wrong, with the status to answer.
  public init(method: String, version: (major: Int, minor: Int), headers: [HeaderField]) throws(OpeningError) {
    let fields = HeaderFields(headers)
    guard method == "GET" else { throw .method }
    guard version.major == 1, version.minor >= 1 else { throw .httpVersion }
    guard fields.values("host").count == 1, fields.values("host") != [""] else { throw .host }
    guard fields.has("websocket", in: "upgrade") else { throw .upgrade }
    guard fields.has("upgrade", in: "connection") else { throw .connection }
    // What follows the head is read as frames; a body would be a second reading of the same bytes.
    guard fields.values("transfer-encoding").isEmpty, fields.values("content-length").allSatisfy({ $0 == "0" }) else { throw .body }
    guard fields.values("sec-websocket-version") == ["13"] else { throw .version }
    let keys = fields.values("sec-websocket-key")
    guard keys.count == 1, HandshakeKey.isValid(keys[0]) else { throw .key }
    key = String(keys[0])

    subprotocols = fields.elements("sec-websocket-protocol").map { String($0) }
    guard subprotocols.allSatisfy({ HeaderFields.isToken($0) }), Set(subprotocols).count == subprotocols.count,
      subprotocols.isEmpty == fields.values("sec-websocket-protocol").isEmpty
    else { throw .subprotocols }
    guard let offers = ExtensionHeader.parse(fields.values("sec-websocket-extensions").map { String($0) }) else { throw .extensions }
    extensions = offers
  }

  /// `Sec-WebSocket-Accept` for this key.
  public var acceptValue: String { HandshakeKey.accept(key) }

  /// The header lines of the 101 response.
  ///
  /// - Parameters:
  ///   - subprotocol: the one chosen. One that the client did not offer is left out, since it would fail the connection (section 4.1).
  ///   - extensions: what was agreed, in the order it applies.
  public func responseHeaders(subprotocol: String? = nil, extensions: [ExtensionHeader] = []) -> [HeaderField] {
    var headers: [HeaderField] = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", acceptValue)]
    if let subprotocol, subprotocols.contains(subprotocol) { headers.append(("Sec-WebSocket-Protocol", subprotocol)) }
    if !extensions.isEmpty { headers.append(("Sec-WebSocket-Extensions", ExtensionHeader.encode(extensions))) }
    return headers
  }
}

extension ServerOpening: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Subprotocols may bear a credential.
  public var description: String { "opening with \(subprotocols.count) subprotocols" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
