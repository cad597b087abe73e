import TestSupport
import Testing

/// Secrets stay where they belong: the program searches what clients and upstreams were sent, this test the log.
struct SessionsCanaryTests {
  @Test func saysNothing() throws {
    let certificates = CertificateFolder.shared
    let (deepgram, openai, signing) = ("canary-deepgram-key-31d", "canary-openai-key-94b", "canary-signing-secret-of-thirty-two-bytes-602")
    let keys = ["DEEPGRAM": deepgram, "OPENAI": openai, "JWT_SECRET": signing]
    let bench = try SessionsBench("canary", ["silent", certificates.path, deepgram, openai, signing], environment: keys) { port, program in
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"}
      logging: {level: trace}
      authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
      upstreams:
        deepgram: &vendor
          vendor: deepgram.listen
          credential: {env: DEEPGRAM}
          variables: {host: "localhost:\(port)"}
          query: {defaults: {model: nova-3}}
          tls: {ca: \(certificates.file("ca.pem"))}
        openai: {<<: *vendor, vendor: openai.realtime, credential: {env: OPENAI}, query: {}}
        simulated: {<<: *vendor, credential: {env: UNSET}}
        plain: {url: "ws://127.0.0.1:\(try program.number(after: "plain "))"}
        lost: {url: "ws://127.0.0.1:9"}
      defaults: {authentication: [app]}
      routes:
        /deepgram: {upstream: deepgram}
        /openai: {upstream: openai}
        /closing: {upstream: deepgram, refuse: close}
        /simulated: {upstream: simulated}
        /disabled: {upstream: deepgram, enabled: false}
        /lost: {upstream: lost}
        /plain/*: {upstream: plain, authentication: none, headers: [X-Trace-Id]}
      """
    }
    try bench.judge()
    let secrets = bench.program.text.split(separator: "\n").filter { $0.hasPrefix("secret ") }.map { $0.dropFirst("secret ".count) }
    #expect(secrets.count == 11)
    for secret in secrets {
      #expect(!bench.gateway.log.contains(secret), "\(secret) in \(bench.gateway.log)")
    }
    // The run was heard of.
    for event in ["WS_CONNECTION_CLOSED", "WS_AUTH_SUCCESS", "WS_AUTH_FAILED_INVALID_TOKEN", "WS_UPSTREAM_UNREACHABLE"] {
      #expect(bench.gateway.log.contains(event), "\(bench.gateway.log)")
    }
  }
}
