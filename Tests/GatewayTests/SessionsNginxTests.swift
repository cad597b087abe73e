import TestSupport
import Testing

/// nginx on either side: as the proxy in front that ends TLS, and as an upstream that refuses.
struct SessionsNginxTests {
  @Test func standsInFront() throws {
    let certificates = CertificateFolder.shared
    let bench = try SessionsBench("front", ["forwarded", certificates.path], settings: "trusted_proxies: [127.0.0.1/32]")
    let nginx = try NginxProcess { port in
      """
      server {
        listen 127.0.0.1:\(port) ssl;
        ssl_certificate \(certificates.file("localhost.pem"));
        ssl_certificate_key \(certificates.file("localhost.key"));
        location / {
          proxy_pass http://127.0.0.1:\(bench.gateway.port);
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection upgrade;
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }
      """
    }
    try bench.tell(port: nginx.port)
    try bench.judge()
    // The address that nginx saw, not the one that the client claimed.
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
        own: {url: "ws://127.0.0.1:\(port)"}
        hasty: {url: "ws://127.0.0.1:\(port)", timeouts: {dial: 500ms}}
        nginx: {url: "ws://127.0.0.1:\(nginx.port)"}
        nowhere: {url: "ws://127.0.0.1:9"}
      defaults: {authentication: none}
      routes: {/own/*: {upstream: own}, /hasty/*: {upstream: hasty}, /nginx/*: {upstream: nginx}, /nowhere: {upstream: nowhere}}
      """
    }
    try bench.judge()
    // The operator does hear.
    for status in [200, 302, 401, 500] {
      #expect(bench.gateway.log.contains(#""status":\#(status),"upstream":"nginx""#), "\(bench.gateway.log)")
    }
    #expect(!bench.gateway.log.contains("upstream-mark"), "\(bench.gateway.log)")
  }
}
