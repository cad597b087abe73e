import Testing
@testable import Configuration

@Suite struct LoadingTests {
  /// What may change while the gateway runs is known by the places where files are named, with paths as they are opened.
  @Test func namesItsFiles() {
    let loading = Fixture.load(
      """
      version: 1
      listeners: [{address: "127.0.0.1:8443", tls: {certificate: tls.crt, key: /etc/tls.key, client_ca: ca.pem}}]
      admin: {address: "127.0.0.1:9090", token: {file: token}}
      switches_file: "off"
      authentication:
        one: {type: jwt, algorithms: [ES256], public_key: keys/one.pem}
        two: {type: jwt, algorithms: [ES256], jwks_file: /keys/two.json}
        three: {type: api_key, file: three.yaml}
      upstreams:
        a: {vendor: deepgram.listen, credential: {file: /run/secrets/a}, tls: {ca: a.pem}, headers: {x: {file: header}}}
        b: {vendor: deepgram.listen, credentials: [{secret: {file: b1}}, {secret: {env: B}}, {secret: {command: [b3]}}]}
      routes: {/a: {upstream: a, authentication: none}, /b: {upstream: b, authentication: none}}
      """, file: "etc/upstreams.yaml")
    #expect(
      loading.files == [
        "etc/tls.crt", "/etc/tls.key", "etc/ca.pem", "etc/token", "etc/off", "etc/keys/one.pem", "/keys/two.json", "etc/three.yaml",
        "/run/secrets/a", "etc/a.pem", "etc/header", "etc/b1",
      ], "\(loading.rendered)")
  }
}
