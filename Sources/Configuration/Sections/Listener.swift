import YAML

/// One address that clients connect to.
public struct Listener: Section, Equatable {
  public enum ProxyProtocol: String, CaseIterable, Sendable { case off, accept, require }

  public var address = ListenAddress.network(host: .v4(0x7F00_0001), port: 8080)
  public var tls: ListenerTLS?
  public var proxyProtocol = ProxyProtocol.off
  public var proxyProtocolSize = 536
  public var mode = FileMode(bits: 0o660)
  public var backlog = 4_096

  public init() {}

  public static let section = SectionDescription<Listener>(
    "Listener", "An address that clients connect to.",
    fields: [
      Field(
        "address", \.address, .address, required: true,
        "IP address and port, such as `0.0.0.0:8443`, `[::]:8443` or `localhost:8080`; `unix:/run/voxgate.sock` for a Unix socket."),
      Field("tls", \.tls, .section, "Serves `wss://` and `https://`. Without it tokens and speech cross the network in the clear."),
      Field(
        "proxy_protocol", \.proxyProtocol, .choice,
        """
        PROXY protocol v1 and v2, believed only from `trusted_proxies`; from anybody else such a header ends the connection. `require` \
        closes every connection without it. `accept` takes both: then whoever reaches the port past the proxy is a client of its own \
        address.
        """),
      Field(
        "proxy_protocol_size", \.proxyProtocolSize, .size(232...(64 << 10)),
        "Bytes that a v2 header may have, with whatever the proxy adds to the addresses. Longer ones end the connection."),
      Field(
        "mode", \.mode, .fileMode,
        "Permissions of a Unix socket's file. Who may write to it may connect, and counts as 127.0.0.1."),
      Field(
        "backlog", \.backlog, .integer(1...65_535),
        "Connections that may wait to be accepted; the system's own limit is `net.core.somaxconn`."),
    ]
  ) { listener, node, place, reader in
    if case .network = listener.address, let mode = node.entry("mode") {
      reader.warning("'mode' of \(place.owner) has no effect: \(listener.address) is no Unix socket", at: mode.key.start)
    }
    if listener.proxyProtocol == .off, let size = node.entry("proxy_protocol_size") {
      reader.warning("'proxy_protocol_size' of \(place.owner) has no effect: 'proxy_protocol' is off", at: size.key.start)
    }
  }
}

/// TLS towards clients.
public struct ListenerTLS: Section, Equatable {
  public enum Version: String, CaseIterable, Sendable {
    case tls12 = "1.2"
    case tls13 = "1.3"
  }

  public var certificate = ""
  public var key = ""
  public var clientCA: String?
  public var minimumVersion = Version.tls12

  public init() {}

  public static let section = SectionDescription<ListenerTLS>(
    "ListenerTLS", "TLS towards clients. The files are read again when they change.",
    fields: [
      Field("certificate", \.certificate, .path, required: true, "PEM file with the certificate, followed by its intermediates."),
      Field("key", \.key, .path, required: true, "PEM file with the private key. Warned of when others can read it."),
      Field(
        "client_ca", \.clientCA, .path,
        "PEM file of authorities. When given, every client must show a certificate that one of them signed."),
      Field("minimum_version", \.minimumVersion, .choice, "Oldest TLS version accepted. Older than 1.2 is not offered (RFC 8996)."),
    ])
}
