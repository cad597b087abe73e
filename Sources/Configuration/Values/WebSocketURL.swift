import YAML

/// The address of a WebSocket server (RFC 6455 section 3), without user information and fragment.
public struct WebSocketURL: Hashable, Sendable, CustomStringConvertible {
  public var isSecure: Bool
  /// A name in lower case, or an address without brackets.
  public var host: String
  public var port: Int
  /// Begins with a slash.
  public var path: String
  /// Without the question mark; nil where there is none.
  public var query: String?

  public enum Problem: Error, Hashable, Sendable {
    case scheme, userInformation, fragment, host, port, path
  }

  public init(_ text: String) throws(Problem) {
    let lowered = text.prefix(6).lowercased()
    guard lowered == "wss://" || lowered.hasPrefix("ws://") else { throw .scheme }
    isSecure = lowered == "wss://"
    let rest = text.dropFirst(isSecure ? 6 : 5)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else { throw .userInformation }
    guard !rest.contains("#") else { throw .fragment }

    let target = rest.dropFirst(authority.count)
    guard target.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 && $0.value != 0x7F }) else { throw .path }
    let mark = target.firstIndex(of: "?")
    let path = target[..<(mark ?? target.endIndex)]
    self.path = path.isEmpty ? "/" : String(path)
    query = mark.map { String(target[target.index(after: $0)...]) }
    (host, port) = try Self.split(authority, defaultPort: isSecure ? 443 : 80)
  }

  /// Reads a URL of `https` or `http`, which has the same parts.
  public init(http text: String) throws(Problem) {
    guard text.prefix(4).lowercased() == "http" else { throw .scheme }
    try self.init("ws" + text.dropFirst(4))
  }

  /// Whether the server is on this machine or in a private network: a private address, or a name that no public zone has
  /// (one label, or one of `.localhost .local .internal .home.arpa`).
  public var isPrivate: Bool {
    if let address = IPAddress(host) { return address.isPrivate }
    return !host.contains(".") || [".localhost", ".local", ".internal", ".home.arpa"].contains { host.hasSuffix($0) }
  }

  /// The host with its port where that is not the scheme's own, as a `Host` header says it.
  public var authority: String {
    let host = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? host : "\(host):\(port)"
  }

  public var description: String {
    "\(isSecure ? "wss" : "ws")://\(authority)\(path)" + (query.map { "?\($0)" } ?? "")
  }

  private static func split(_ authority: Substring, defaultPort: Int) throws(Problem) -> (String, Int) {
    var host = authority
    var port = defaultPort
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      host = authority[..<colon]
      guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else { throw .port }
      port = Int(number)
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      let literal = String(host.dropFirst().dropLast())
      guard literal.contains(":"), IPAddress(literal) != nil else { throw .host }
      return (literal.lowercased(), port)
    }
    guard HostName.isValid(host) else { throw .host }
    return (host.lowercased(), port)
  }
}

/// Host names, as far as their letters go (RFC 1123 section 2.1; the underscore because private networks use it).
enum HostName {
  static func isValid(_ name: Substring) -> Bool {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    return name.utf8.count <= 253
      && labels.allSatisfy { label in
        (1...63).contains(label.utf8.count) && label.utf8.first != UInt8(ascii: "-") && label.utf8.last != UInt8(ascii: "-")
          && label.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
          }
      }
  }
}

extension ValueType where Value == WebSocketURL {
  public static var webSocketURL: ValueType {
    ValueType("WebSocket URL", shape: .text(pattern: "^wss?://[^@#]+$"), write: { YAMLText.flow($0.description) }) {
      node, place, _, reader in
      guard let scalar = node.scalar, !scalar.isNull else {
        reader.mismatch(node, at: place, expected: "a URL such as wss://voice.example.com/v1/listen")
        return nil
      }
      do throws(WebSocketURL.Problem) {
        let url = try WebSocketURL(scalar.text)
        if let name = secretParameter(of: url) {
          reader.conceal(node)
          reader.error("\(place.phrase) must not hold a secret in query parameter '\(name)'; use 'credential'", at: node.start)
        }
        return url
      } catch {
        if error == .userInformation { reader.conceal(node) }
        reader.error("\(place.phrase) \(explain(error))", at: node.start)
        return nil
      }
    }
  }

  private static func secretParameter(of url: WebSocketURL) -> String? {
    let names = (url.query ?? "").split(separator: "&").compactMap { $0.split(separator: "=").first.map(String.init) }
    return names.first(where: SecretName.isLikely)
  }

  private static func explain(_ problem: WebSocketURL.Problem) -> String {
    switch problem {
    case .scheme: "must begin with wss:// or ws://"
    case .userInformation: "must not hold a user name or password; use 'credential'"
    case .fragment: "must not have a fragment (RFC 6455 section 3)"
    case .host: "must have a valid host name or address after the scheme"
    case .port: "must have a port between 1 and 65535"
    case .path: "must have a path and query in ASCII without blanks; encode others as %XX"
    }
  }
}

extension ValueType where Value == String {
  /// An `https://` or `http://` URL without user information.
  public static var httpURL: ValueType {
    ValueType("URL", shape: .text(pattern: "^https?://[^@#]+$"), write: { YAMLText.flow($0) }) { node, place, _, reader in
      let text = node.text ?? ""
      let rest =
        text.lowercased().hasPrefix("https://") ? text.dropFirst(8) : text.lowercased().hasPrefix("http://") ? text.dropFirst(7) : ""
      let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      if authority.contains("@") { reader.conceal(node) }
      guard !authority.isEmpty, !authority.contains("@"), !text.contains(where: \.isWhitespace) else {
        reader.error("\(place.phrase) must be a URL such as https://login.example.com/keys, without user name or password", at: node.start)
        return nil
      }
      return text
    }
  }
}
