import TestSupport
import Testing

/// Proxies on either side: in front, ending TLS, as `Examples/deploy` has them; and nginx as an upstream that refuses.
struct SessionsNginxTests {
  /// An example, with what a test has in the places of what an operator has.
  private static func example(_ path: String, _ changes: [(String, String)]) throws -> String {
    var text = try Repository.text("Examples/deploy/" + path)
    for (old, new) in changes {
      #expect(text.contains(old), "\(path) has no '\(old)'")
      text = text.replacing(old, with: new)
    }
    return text
  }

  private static func start(_ name: String, to gateway: UInt16) throws -> (port: UInt16, process: AnyObject) {
    let certificates = CertificateFolder.shared
    if name == "haproxy" {
      let pair = certificates.file("pair-\(UInt32.random(in: 0 ... .max)).pem")
      let (certificate, key) = (certificates.file("localhost.pem"), certificates.file("localhost.key"))
      try ChildProcess.run(["sh", "-c", "cat '\(certificate)' '\(key)' > '\(pair)'"])
      let haproxy = try HAProxyProcess { port in
        try example(
          "haproxy/http.cfg",
          [
            ("bind :443", "bind 127.0.0.1:\(port)"), ("/etc/haproxy/certs/voice.pem", pair), ("127.0.0.1:8080", "127.0.0.1:\(gateway)"),
            ("maxconn 20000", "maxconn 200"),
          ])
      }
      return (haproxy.port, haproxy)
    }
    let text = try example(
      "nginx/http.conf",
      [
        ("/etc/nginx/tls/voice.pem", certificates.file("localhost.pem")),
        ("/etc/nginx/tls/voice.key", certificates.file("localhost.key")), ("127.0.0.1:8080", "127.0.0.1:\(gateway)"),
        ("listen 443", "listen 127.0.0.1:PORT"),
      ])
    let nginx = try NginxProcess { text.replacing("PORT", with: "\($0)") }
    return (nginx.port, nginx)
  }

  @Test(arguments: ["nginx", "haproxy"])
  func standsInFront(name: String) throws {
    let certificates = CertificateFolder.shared
    let bench = try SessionsBench("front", ["forwarded", certificates.path], settings: "trusted_proxies: [127.0.0.1/32]")
    let proxy = try Self.start(name, to: bench.gateway.port)
    try bench.tell(port: proxy.port)
    try bench.judge()
    withExtendedLifetime(proxy.process) {}
    // The address that the proxy saw, not the one that the client claimed.
    let log = bench.gateway.log
    for event in ["WS_CONNECTION_ESTABLISHED", "WS_CONNECTION_CLOSED"] {
      #expect(log.split(separator: "\n").contains { $0.contains(event) && $0.contains(#""ip":"127.9.8.xxx""#) }, "\(log)")
    }
    #expect(!log.contains("127.9.8.7") && !log.contains("198.51.100"), "\(log)")
  }

  @Test func refusesAsUpstream() throws {
    let nginx = try NginxProcess { port in
      let places = [200, 204, 301, 302, 307, 401, 403, 404, 429, 500, 503, 444].map { status in
        let answer = (300..<400).contains(status) ? "http://upstream-mark.test/" : status == 444 ? "" : "upstream-mark"
        let headers = "add_header X-Mark upstream-mark always; add_header Retry-After 77 always;"
        return "location = /\(status) { \(headers) return \(status) \(answer); }"
      }
      return "server { listen 127.0.0.1:\(port); server_name localhost; \(places.joined(separator: "\n")) }"
    }
    let bench = try SessionsBench("refusing", ["refused"]) { port, _ in
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"}
      upstreams:
        own: {url: "ws://127.0.0.1:\(port)", circuit: off}
        hasty: {url: "ws://127.0.0.1:\(port)", circuit: off, timeouts: {dial: 500ms}}
        nginx: {url: "ws://127.0.0.1:\(nginx.port)", circuit: off}
        nowhere: {url: "ws://127.0.0.1:9"}
      defaults: {authentication: none}
      routes: {/own/*: {upstream: own}, /hasty/*: {upstream: hasty}, /nginx/*: {upstream: nginx}, /nowhere: {upstream: nowhere}}
      """
    }
    try bench.judge()
    // The operator does hear.
    for status in [200, 302, 401, 500] {
      let lines = bench.gateway.log.split(separator: "\n")
      #expect(lines.contains { $0.contains(#""status":\#(status),"#) && $0.contains(#""upstream":"nginx""#) }, "\(bench.gateway.log)")
    }
    #expect(!bench.gateway.log.contains("upstream-mark"), "\(bench.gateway.log)")
  }
}
