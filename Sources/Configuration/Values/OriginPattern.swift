import YAML

/// Which pages may open a socket: an entry of a route's `origins`. Compared by scheme, host and port (RFC 6454 section 4), never by
/// suffix of text.
public enum OriginPattern: Hashable, Sendable, CustomStringConvertible {
  /// `*`
  case any
  /// `https://app.example.com`
  case exact(Origin)
  /// `https://*.example.com`: every name below it, however deep, and not the name itself.
  case below(Origin)

  public init?(_ text: String) {
    if text == "*" {
      self = .any
    } else if let star = text.firstRange(of: "://*.") {
      guard let origin = Origin(text[..<star.lowerBound] + "://" + text[star.upperBound...]), IPAddress(origin.host) == nil else {
        return nil
      }
      self = .below(origin)
    } else {
      guard let origin = Origin(text[...]) else { return nil }
      self = .exact(origin)
    }
  }

  /// Whether the value of an `Origin` header is allowed. `null` (a sandboxed page, a local file) only is by `*`.
  public func matches(_ header: String) -> Bool {
    switch self {
    case .any: true
    case .exact(let origin): Origin(header[...]) == origin
    case .below(let base):
      Origin(header[...]).map { $0.scheme == base.scheme && $0.port == base.port && $0.host.hasSuffix("." + base.host) } ?? false
    }
  }

  public var description: String {
    switch self {
    case .any: "*"
    case .exact(let origin): origin.description
    case .below(let origin): Origin(scheme: origin.scheme, host: "*." + origin.host, port: origin.port).description
    }
  }
}

/// Scheme, host and port of a page.
public struct Origin: Hashable, Sendable, CustomStringConvertible {
  public var scheme: String
  public var host: String
  public var port: Int

  init(scheme: String, host: String, port: Int) {
    self.scheme = scheme
    self.host = host
    self.port = port
  }

  /// Reads `https://app.example.com:8443`: nothing may follow, not even a slash. Schemes other than http and https
  /// (`capacitor://localhost`, browser extensions) are taken with port 0.
  public init?(_ text: Substring) {
    guard let colon = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<colon.lowerBound].lowercased()
    guard let first = scheme.utf8.first, (0x61...0x7A).contains(first), scheme.utf8.allSatisfy(Self.isSchemeByte) else { return nil }
    var host = text[colon.upperBound...]
    var port = scheme == "https" ? 443 : scheme == "http" ? 80 : 0
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
      guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else { return nil }
      port = Int(number)
      host = host[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      guard let address = IPAddress(String(host.dropFirst().dropLast())) else { return nil }
      self.init(scheme: scheme, host: address.description, port: port)
    } else {
      guard HostName.isValid(host) else { return nil }
      self.init(scheme: scheme, host: host.lowercased(), port: port)
    }
  }

  public var description: String {
    let host = host.contains(":") ? "[\(host)]" : host
    let isUsual = port == 0 || (scheme == "https" && port == 443) || (scheme == "http" && port == 80)
    return "\(scheme)://\(host)" + (isUsual ? "" : ":\(port)")
  }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
  }
}

extension ValueType where Value == OriginPattern {
  public static var origin: ValueType {
    scalar(
      "origin", expected: "an origin such as https://app.example.com, https://*.example.com or '*', without a path",
      shape: .text(pattern: "^(\\*|[a-z][a-z0-9+.-]*://[^/]+)$"), write: { YAMLText.flow($0.description) }
    ) { OriginPattern($0.text) }
  }
}
