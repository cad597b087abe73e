/// A client's side of the opening handshake (RFC 6455 section 4.1): the request, and the check of the answer.
public struct ClientOpening: Sendable {
  /// What the server agreed to.
  public struct Agreement: Sendable, Equatable {
    /// nil when the server chose none.
    public let subprotocol: String?
    public let extensions: [ExtensionHeader]

    public init(subprotocol: String? = nil, extensions: [ExtensionHeader] = []) {
      self.subprotocol = subprotocol
      self.extensions = extensions
    }
  }

  /// `Sec-WebSocket-Key`.
  public let key: String
  /// The request target: path and query.
  public let path: String
  public let subprotocols: [String]
  public let extensions: [ExtensionHeader]
  /// The header lines of the request, in order.
  public let headers: [HeaderField]

  /// - Parameters:
  ///   - host: the value of `Host`: the name, and the port where it is not the scheme's own.
  ///   - path: path and query, beginning with a slash.
  ///   - headers: more header lines. The handshake's own are not to be among them.
  ///   - generator: where the key's 16 bytes come from.
  /// - Throws: `ClientOpeningError` for a part that would not make a well-formed request.
  public init(
    host: String, path: String, subprotocols: [String] = [], extensions: [ExtensionHeader] = [], headers extra: [HeaderField] = [],
    using generator: inout some RandomNumberGenerator
  ) throws(ClientOpeningError) {
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .host }
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .path }
    guard subprotocols.allSatisfy({ HeaderFields.isToken($0) }), Set(subprotocols).count == subprotocols.count else { throw .subprotocols }
    for field in extra { try Self.check(field) }

    key = HandshakeKey.make(using: &generator)
    self.path = path
    self.subprotocols = subprotocols
    self.extensions = extensions
    var headers: [HeaderField] = [
      ("Host", host), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13"),
    ]
    if !subprotocols.isEmpty { headers.append(("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))) }
    if !extensions.isEmpty { headers.append(("Sec-WebSocket-Extensions", ExtensionHeader.encode(extensions))) }
    self.headers = headers + extra
  }

  private static let own = [
    "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions",
    "content-length", "transfer-encoding",
  ]

  /// A line break in a header would make two of it.
  private static func check(_ field: HeaderField) throws(ClientOpeningError) {
    guard HeaderFields.isToken(field.name), !own.contains(where: { HeaderFields.equal($0, field.name) }),
      field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
    else { throw .header }
  }

  /// The request as it travels.
  public var requestHead: [UInt8] {
    let lines = headers.reduce(into: "GET \(path) HTTP/1.1\r\n") { $0 += "\($1.name): \($1.value)\r\n" }
    return Array((lines + "\r\n").utf8)
  }

  /// Checks the server's answer.
  ///
  /// - Throws: the first thing that is wrong; the connection then must not be used.
  public func validate(status: Int, headers: [HeaderField]) throws(ClientOpeningError) -> Agreement {
    guard status == 101 else { throw .status(status) }
    let fields = HeaderFields(headers)
    guard fields.has("websocket", in: "upgrade") else { throw .upgrade }
    guard fields.has("upgrade", in: "connection") else { throw .connection }
    guard fields.values("sec-websocket-accept") == [HandshakeKey.accept(key)[...]] else { throw .accept }

    let chosen = fields.values("sec-websocket-protocol").map { String($0) }
    guard chosen.count <= 1, chosen.allSatisfy({ subprotocols.contains($0) }) else { throw .subprotocol }
    guard let agreed = ExtensionHeader.parse(fields.values("sec-websocket-extensions").map { String($0) }),
      agreed.allSatisfy({ found in extensions.contains { $0.name == found.name } })
    else { throw .extensions }
    return Agreement(subprotocol: chosen.first, extensions: agreed)
  }
}

extension ClientOpening: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Names only: path, headers and subprotocols may bear a credential.
  public var description: String { "opening with headers \(headers.map(\.name).joined(separator: ", "))" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
