/// What the gateway asks of an upstream: everything of the upgrade request but the WebSocket handshake's own headers.
public struct UpstreamRequest: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var url: UpstreamURL
  /// Without `Host`, `Upgrade`, `Connection` and `Sec-WebSocket-*`: those are the dialler's.
  public var headers: [(String, String)]
  /// For `Sec-WebSocket-Protocol`, in order; empty for no such header.
  public var subprotocols: [String]
  /// A credential that belongs into the client's first message: its JSON path and value.
  public var firstMessageCredential: FirstMessageCredential?

  public struct FirstMessageCredential: Sendable, Equatable {
    public var path: String
    public var value: String

    public init(path: String, value: String) {
      self.path = path
      self.value = value
    }
  }

  public var scheme: String { url.scheme }
  public var host: String { url.host }
  public var port: Int { url.port }
  /// Path and query.
  public var target: String { url.target }

  public static func == (left: UpstreamRequest, right: UpstreamRequest) -> Bool {
    left.url == right.url && left.subprotocols == right.subprotocols && left.firstMessageCredential == right.firstMessageCredential
      && left.headers.elementsEqual(right.headers, by: ==)
  }

  /// Names only: values may be secret, wherever they stand.
  public var description: String {
    let names = url.query.items.map(\.rawName).joined(separator: ", ")
    return "\(scheme)://\(url.authority)\(url.path), query [\(names)], headers [\(headers.map(\.0).joined(separator: ", "))], "
      + "\(subprotocols.count) subprotocols"
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
