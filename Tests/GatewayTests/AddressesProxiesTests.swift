import TestSupport
import Testing

/// Real proxies in front that announce their clients: HAProxy and nginx, two of them as `Examples/deploy` has them.
@Suite struct AddressesProxiesTests {
  enum Proxy: String, CaseIterable, Sendable { case haproxyV1, haproxyV2, haproxyTLVs, haproxyEndsTLS, nginx, nginxEndsTLS }

  /// The proxy, and whether its clients speak TLS.
  private final class Running {
    let port: UInt16
    private let processes: [AnyObject]

    init(_ kind: Proxy, to gateway: UInt16) throws {
      let own = CertificateFolder.shared
      switch kind {
      case .haproxyV2:
        // As in the example, and from an address that is not the other clients'.
        let haproxy = try HAProxyProcess { port in
          try Repository.text("Examples/deploy/haproxy/tcp.cfg").replacing("bind :443", with: "bind 127.0.0.1:\(port)")
            .replacing("127.0.0.1:8443", with: "127.0.0.1:\(gateway) source 127.0.0.2").replacing("maxconn 20000", with: "maxconn 200")
        }
        (port, processes) = (haproxy.port, [haproxy])
      case .nginx:
        let text = try Repository.text("Examples/deploy/nginx/stream.conf")
          .replacing("proxy_protocol on;", with: "proxy_protocol on; proxy_bind 127.0.0.2;")
          .replacing("127.0.0.1:8443", with: "127.0.0.1:\(gateway)")
        let nginx = try NginxProcess(.stream) { text.replacing("listen 443", with: "listen 127.0.0.1:\($0)") }
        (port, processes) = (nginx.port, [nginx])
      case .haproxyV1, .haproxyTLVs, .haproxyEndsTLS:
        let option = kind == .haproxyV1 ? "send-proxy" : "send-proxy-v2"
        let extras = kind == .haproxyTLVs ? " proxy-v2-options unique-id,authority,ssl,cert-cn" : ""
        var bind = ""
        if kind == .haproxyEndsTLS || kind == .haproxyTLVs {
          bind = try "ssl crt \(Self.pair(own))"
        }
        let haproxy = try HAProxyProcess(bind: bind, server: "127.0.0.1:\(gateway) source 127.0.0.2 \(option)\(extras)")
        (port, processes) = (haproxy.port, [haproxy])
      case .nginxEndsTLS:
        let nginx = try NginxProcess(.stream) { port in
          """
          server { listen 127.0.0.1:\(port) ssl; ssl_certificate \(own.file("localhost.pem"));
            ssl_certificate_key \(own.file("localhost.key")); proxy_bind 127.0.0.2; proxy_pass 127.0.0.1:\(gateway); proxy_protocol on; }
          """
        }
        (port, processes) = (nginx.port, [nginx])
      }
    }

    /// Certificate and key in one file, as HAProxy wants them.
    private static func pair(_ own: CertificateFolder) throws -> String {
      let file = own.file("pair-\(UInt32.random(in: 0 ... .max)).pem")
      try ChildProcess.run(["sh", "-c", "cat '\(own.file("localhost.pem"))' '\(own.file("localhost.key"))' > '\(file)'"])
      return file
    }
  }

  @Test(arguments: Proxy.allCases)
  func stands(inFront kind: Proxy) throws {
    let isSecure = [.haproxyTLVs, .haproxyEndsTLS, .nginxEndsTLS].contains(kind)
    try relays(through: kind, isSecure ? "secure" : "plain", tls: "")
  }

  /// The header stands before the client's own TLS, which ends at the gateway.
  @Test(arguments: [Proxy.haproxyV1, .haproxyV2, .nginx])
  func stands(beforeTLS kind: Proxy) throws {
    let own = CertificateFolder.shared
    try relays(
      through: kind, "secure", tls: ", tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key"))}")
  }

  private func relays(through kind: Proxy, _ scheme: String, tls: String) throws {
    let bench = try SessionsBench("announced", [scheme, CertificateFolder.shared.path]) { port, _ in
      """
      version: 1
      listeners: [{address: "127.0.0.1:0", proxy_protocol: require\(tls)}]
      admin: {address: "127.0.0.1:0"}
      trusted_proxies: [127.0.0.2]
      upstreams: {own: {url: "ws://localhost:\(port)"}}
      defaults: {authentication: none, timeouts: {ping_interval: off}}
      routes: {/any/*: {upstream: own}}
      """
    }
    let proxy = try Running(kind, to: bench.gateway.port)
    try bench.tell(port: proxy.port)
    try bench.judge()
    try check(bench.gateway.log)
  }

  /// The address that the proxy saw, and none that the client claimed.
  private func check(_ log: String) throws {
    for event in ["WS_CONNECTION_ESTABLISHED", "WS_CONNECTION_CLOSED"] {
      #expect(log.split(separator: "\n").contains { $0.contains(event) && $0.contains(#""ip":"127.9.8.xxx""#) }, "\(log)")
    }
    #expect(!log.contains("127.9.8.7") && !log.contains("198.51.100"), "\(log)")
  }
}
