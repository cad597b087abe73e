import TestSupport
import Testing

/// Clients that speak to the gateway first, with their legs encrypted: what a lobby says and passes on is cut into records, and an upstream
/// that comes later brings a TLS session of its own.
@Suite struct HandshakeTLSTests {
  @Test(arguments: [SessionsBench.Legs.none, .client, .upstream, .both])
  func lobby(_ legs: SessionsBench.Legs) throws {
    let folder = CertificateFolder.shared
    let token = try AdmissionCredentialTests.token()
    let bench = try SessionsBench("inside", ["lobby", folder.path, legs.rawValue, token], environment: ["JWT_SECRET": RefusalTests.secret])
    {
      port, _ in
      let identity = "tls: {certificate: \(folder.file("localhost.pem")), key: \(folder.file("localhost.key"))}"
      let trust = "tls: {ca: \(folder.file("ca.pem"))}"
      let (isListening, isDialling) = (legs == .client || legs == .both, legs == .upstream || legs == .both)
      return """
        version: 1
        listeners: [{address: "127.0.0.1:0"\(isListening ? ", \(identity)" : "")}]
        admin: {address: "127.0.0.1:0"}
        authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
        upstreams: {own: {url: "\(isDialling ? "wss" : "ws")://localhost:\(port)"\(isDialling ? ", \(trust)" : "")}}
        defaults: {authentication: [app], timeouts: {ping_interval: off, authentication: 60s}}
        routes:
          /inside/*: {upstream: own, handshake: {authenticate: required, connect: connect_realtime, name: Own}}
        """
    }
    try bench.judge()
  }
}
