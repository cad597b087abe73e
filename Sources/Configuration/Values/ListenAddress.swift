import YAML

/// Where a listener waits.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
  case network(host: IPAddress, port: Int)
  case unix(path: String)

  /// Reads `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` (127.0.0.1) or `unix:/run/voxgate.sock`. Port 0 lets the system choose one.
  public init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host == "localhost" { host = "127.0.0.1" }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if isBracketed { host = String(host.dropFirst().dropLast()) }
    guard let address = IPAddress(host), host.contains(":") == isBracketed else { return nil }
    self = .network(host: address, port: Int(port))
  }

  /// Whether only this machine can reach it.
  public var isLocal: Bool {
    switch self {
    case .network(let host, _): host.isLoopback
    case .unix: true
    }
  }

  /// Whether the two cannot be bound at the same time: one of them is the other, or all addresses of its kind. `[::]` takes what comes by
  /// IPv4 as well (ipv6(7)).
  public func overlaps(_ other: ListenAddress) -> Bool {
    switch (self, other) {
    case (.network(let one, let port), .network(let two, let other)):
      guard port == other, port != 0 else { return false }
      return one == two || [one, two].contains(.v6(0)) || (one.isV4 && two.isV4 && [one, two].contains(.v4(0)))
    case (.unix, .unix): return self == other
    default: return false
    }
  }

  public var description: String {
    switch self {
    case .network(.v4(let bits), let port): "\(IPAddress.v4(bits)):\(port)"
    case .network(let host, let port): "[\(host)]:\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}

extension IPAddress {
  fileprivate var isV4: Bool { if case .v4 = self { true } else { false } }
}

extension ValueType where Value == ListenAddress {
  public static var address: ValueType {
    scalar(
      "address", expected: "an address such as 127.0.0.1:8080, [::]:8443 or unix:/run/voxgate.sock",
      shape: .text(pattern: "^(unix:/.+|.+:[0-9]+)$"),
      write: { YAMLText.flow($0.description) }
    ) { ListenAddress($0.text) }
  }
}
