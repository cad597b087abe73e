/// A WebSocket URL in its parts.
public struct UpstreamURL: Sendable, Equatable {
  /// `ws` or `wss`.
  public var scheme: String
  /// Without brackets where it is an IPv6 address.
  public var host: String
  public var port: Int
  /// Percent-encoded, with its leading slash.
  public var path: String
  public var query: Query

  /// Reads an absolute URL; `https` and `http` are taken as `wss` and `ws`. No user part and no fragment: RFC 6455 section 3 forbids the
  /// latter, and a secret in the former would be printed with the URL.
  public init(_ text: String) throws(EndpointError) {
    let expected = "ws:// or wss://, a host, and perhaps a port, path and query"
    guard let colon = text.firstRange(of: "://") else { throw .url(text, expected: expected) }
    switch text[..<colon.lowerBound].lowercased() {
    case "wss", "https": scheme = "wss"
    case "ws", "http": scheme = "ws"
    default: throw .url(text, expected: expected)
    }
    var rest = text[colon.upperBound...]
    guard !rest.contains("#") else { throw .url(text, expected: "no fragment") }
    if let mark = rest.firstIndex(of: "?") {
      query = Query(String(rest[rest.index(after: mark)...]))
      rest = rest[..<mark]
    } else {
      query = Query()
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
    guard Percent.isWellFormed(path), Percent.isWellFormed(query.text) else {
      throw .url(text, expected: "a percent-encoded path and query")
    }
    let authority = rest[..<slash]
    guard !authority.contains("@") else { throw .url("\(scheme)://...", expected: "no user or password in it") }
    let standard = scheme == "wss" ? 443 : 80
    guard let (host, port) = Self.split(authority, standard: standard) else { throw .url(text, expected: expected) }
    self.host = host
    self.port = port
  }

  private static func split(_ authority: Substring, standard: Int) -> (String, Int)? {
    var host = authority
    var port = standard
    let afterBracket = authority.firstIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
    if let colon = authority[afterBracket...].firstIndex(of: ":") {
      guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else { return nil }
      port = number
      host = authority[..<colon]
    }
    if host.hasPrefix("[") {
      guard host.hasSuffix("]") else { return nil }
      host = host.dropFirst().dropLast()
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
    } else {
      guard host.utf8.allSatisfy(isHostByte) else { return nil }
    }
    return host.isEmpty ? nil : (host.lowercased(), port)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._".utf8.contains(byte)
    }
  }

  /// The request target of RFC 9112 section 3.2.1: path and query.
  public var target: String { query.items.isEmpty ? path : "\(path)?\(query.text)" }

  /// The `Host` header: the port is named unless it is the scheme's own (RFC 6455 section 4.1).
  public var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (scheme == "wss" ? 443 : 80) ? name : "\(name):\(port)"
  }
}
