import TestSupport
import Testing
import Tokens

/// Every way of authentication, in every place, accepted and refused; PROXY headers, lobbies and the operator's pages. The program searches
/// what clients, upstreams and issuers were sent, this test the log at its most talkative.
struct GuardsCanaryTests {
  @Test func saysNothing() throws {
    let certificates = CertificateFolder.shared
    let folder = TemporaryFolder()
    let apiKey = "canary-api-key-of-many-bytes-a0"
    let keys = try folder.write("keys.yaml", "keys: [{sha256: \(SHA256.hex(apiKey)), subject: kiosk}]")
    let environment = [
      "VENDOR_KEY": "canary-vendor-key-b1", "JWT_SECRET": "canary-signing-secret-of-thirty-two-bytes-c2",
      "ISSUER_SECRET": "canary-issuer-secret-d3", "OPERATOR": "canary-operator-token-e4",
    ]
    let secrets = ["VENDOR_KEY", "JWT_SECRET", "ISSUER_SECRET", "OPERATOR"].compactMap { environment[$0] } + [apiKey]
    let bench = try SessionsBench("canary_guards", ["guarded", certificates.path] + secrets, environment: environment) { port, program in
      let judge = try program.number(after: "judge ")
      return """
        version: 1
        listeners:
          - {address: "127.0.0.1:0", proxy_protocol: accept}
          - address: "127.0.0.1:0"
            tls: {certificate: \(certificates.file("localhost.pem")), key: \(certificates.file("localhost.key")), client_ca: \(certificates.file("ca.pem"))}
        admin: {address: "127.0.0.1:0", token: {env: OPERATOR}}
        logging: {level: trace}
        trusted_proxies: [127.0.0.0/8]
        failures: off
        pages: {/info: {host: "{host}", at: "{time}"}}

        """ + AdmissionTable.vendor(port: port) + """
          authentication:
            jwt: {type: jwt, secret: {env: JWT_SECRET}, from: [authorization, query, subprotocol, cookie, message, vendor]}
            keys: {type: api_key, file: \(keys)}
            page: {type: session_token, path: /api/token, methods: [POST, GET], authentication: [jwt, keys], limit: 1000/1m}
            forward: {type: forward, url: "http://127.0.0.1:\(judge)/forward", headers: [Cookie, Authorization], subject_header: X-Subject}
            inspect:
              type: introspection
              url: "http://127.0.0.1:\(judge)/introspect"
              client_id: gateway
              client_secret: {env: ISSUER_SECRET}
            cert: {type: mtls}
          upstreams:
            own: {vendor: test.vendor, credential: {env: VENDOR_KEY}}
            lost: {url: "ws://127.0.0.1:9"}
          defaults: {authentication: [jwt], timeouts: {ping_interval: off, authentication: 30s}}
          routes:
            /jwt: {upstream: own, origins: ["https://app.example"]}
            /closing: {upstream: own, refuse: close}
            /keys: {upstream: own, authentication: [keys]}
            /page: {upstream: own, authentication: [page]}
            /forward: {upstream: own, authentication: [forward]}
            /inspect: {upstream: own, authentication: [inspect]}
            /cert: {upstream: own, authentication: [cert]}
            /off: {upstream: own, enabled: false}
            /lost: {upstream: lost}
            /inside: {upstream: own, handshake: {authenticate: required, connect: connect_realtime}}
            /inside/lost: {upstream: lost, handshake: {authenticate: required, connect: connect_realtime}}

          """
    }
    let lines = bench.gateway.log.split(separator: "\n").filter { $0.contains(#""tls":true"#) }
    let port = try #require(lines.first?.firstMatch(of: /"port":([0-9]+)/)?.output.1)
    try bench.tell()
    try bench.program.write("\(port)\n")
    try bench.judge()
    let all = bench.program.text.split(separator: "\n").filter { $0.hasPrefix("secret ") }.map { $0.dropFirst("secret ".count) }
    #expect(all.count == 22)
    for secret in all { #expect(!bench.gateway.log.contains(secret), "\(secret) in \(bench.gateway.log)") }
    // The run was heard of.
    for event in [
      "WS_AUTH_SUCCESS", "WS_AUTH_FAILED_NO_TOKEN", "WS_AUTH_FAILED_INVALID_TOKEN", "HTTP_SESSION_TOKEN_ISSUED",
      "WS_CONNECTION_BLOCKED_PROXY_HEADER", "WS_CONNECTION_BLOCKED_INVALID_ORIGIN", "WS_UPSTREAM_UNREACHABLE", "WS_CONNECTION_CLOSED",
    ] {
      #expect(bench.gateway.log.contains(event), "\(event) in \(bench.gateway.log)")
    }
  }
}
