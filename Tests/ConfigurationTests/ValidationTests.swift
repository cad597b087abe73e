import Configuration
import Testing

/// What is dangerous: a warning in development, an error in production.
@Suite struct ValidationTests {
  private static let strong = String(repeating: "s", count: 32)

  private func table(
    environment: String, listener: String = "{address: \"127.0.0.1:8080\"}", proxies: String = "[10.0.0.0/8]",
    url: String = "wss://voice.example.com",
    authentication: String = "[login]", origins: String = "[https://app.example.com]"
  ) -> String {
    """
    version: 1
    environment: \(environment)
    listeners: [\(listener)]
    trusted_proxies: \(proxies)
    authentication: {login: {type: jwt, secret: {env: JWT_SECRET}}}
    upstreams: {voice: {url: "\(url)"}}
    routes: {/voice: {upstream: voice, authentication: \(authentication), origins: \(origins)}}
    """
  }

  private func check(_ make: (String) -> String, secret: String = strong, _ message: String) {
    for (environment, severity) in [("development", Diagnostic.Severity.warning), ("production", .error)] {
      let loading = Fixture.load(make(environment), environment: ["JWT_SECRET": secret])
      #expect(loading.diagnostics.map(\.message) == [message], "\(environment)")
      #expect(loading.diagnostics.map(\.severity) == [severity], "\(environment)")
      #expect(loading.diagnostics.allSatisfy { $0.mark != nil }, "\(environment)")
      #expect((loading.configuration == nil) == (severity == .error), "\(environment)")
    }
  }

  @Test func nothingToSay() {
    for environment in ["development", "production"] {
      let loading = Fixture.load(table(environment: environment), environment: ["JWT_SECRET": Self.strong])
      #expect(loading.diagnostics.isEmpty, "\(loading.rendered)")
      #expect(loading.configuration != nil)
    }
  }

  @Test func routeWithoutAuthentication() {
    check(
      { table(environment: $0, authentication: "none") },
      "route '/voice' has no authentication: anybody who reaches it spends the vendor's credit")
  }

  @Test func everyOrigin() {
    check({ table(environment: $0, origins: "[\"*\"]") }, "route '/voice' allows origin '*': any page a visitor opens can use it")
  }

  @Test func plainUpstream() {
    check(
      { table(environment: $0, url: "ws://voice.example.com") },
      "upstream 'voice' is dialled without TLS and is neither loopback nor private: use wss://")
    for url in ["ws://127.0.0.1:1", "ws://10.1.2.3", "ws://[fd00::1]", "ws://localhost:1", "ws://relay.internal"] {
      #expect(Fixture.errors(table(environment: "production", url: url), environment: ["JWT_SECRET": Self.strong]) == [], "\(url)")
    }
  }

  @Test func listenerWithoutTLS() {
    let message = "listener 1 has no TLS and no 'trusted_proxies' before it: tokens and speech cross the network in the clear"
    check({ table(environment: $0, listener: "{address: \"0.0.0.0:80\"}", proxies: "[]") }, message)
    // On loopback it is what development is like.
    #expect(Fixture.warnings(table(environment: "development", proxies: "[]"), environment: ["JWT_SECRET": Self.strong]) == [])
    #expect(Fixture.errors(table(environment: "production", proxies: "[]"), environment: ["JWT_SECRET": Self.strong]).count == 1)
  }

  /// Development is what a gateway is in until told otherwise, which is not meant where others can reach it.
  @Test func environmentThatNobodyChose() {
    let open = table(environment: "development", listener: "{address: \"0.0.0.0:80\"}")
    let unset = open.replacing("environment: development\n", with: "")
    #expect(unset != open)
    func warnings(_ text: String) -> [String] {
      Fixture.warnings(text, environment: ["JWT_SECRET": Self.strong]).filter { $0.contains("'environment' is not set") }
    }
    #expect(warnings(unset).count == 1 && warnings(unset)[0].contains("listener 1 can be reached by others"), "\(warnings(unset))")
    #expect(warnings(open) == [])
    #expect(warnings(unset.replacing("0.0.0.0:80", with: "127.0.0.1:80")) == [])
  }

  @Test func listenerWithTLS() {
    Fixture.withFile("pem") { path in
      let listener = "{address: \"0.0.0.0:443\", tls: {certificate: \(path), key: \(path)}}"
      #expect(
        Fixture.load(table(environment: "production", listener: listener, proxies: "[]"), environment: ["JWT_SECRET": Self.strong])
          .diagnostics == [])
    }
    Fixture.withFile("pem", mode: 0o644) { path in
      let listener = "{address: \"0.0.0.0:443\", tls: {certificate: \(path), key: \(path)}}"
      #expect(
        Fixture.load(table(environment: "production", listener: listener), environment: ["JWT_SECRET": Self.strong]).diagnostics.map(
          \.message)
          == ["key of listener 1 can be read by everybody (mode 0644); make it 0600"])
    }
    let listener = "{address: \"0.0.0.0:443\", tls: {certificate: /nowhere/cert.pem, key: /nowhere/key.pem}}"
    #expect(
      Fixture.load(table(environment: "production", listener: listener), environment: ["JWT_SECRET": Self.strong]).diagnostics.map(
        \.message)
        == ["certificate of listener 1 cannot be read: '/nowhere/cert.pem'", "key of listener 1 cannot be read: '/nowhere/key.pem'"])
  }

  @Test func weakSecret() {
    check(
      { table(environment: $0) }, secret: String(repeating: "s", count: 31),
      "the secret of authentication 'login' has 31 bytes; it needs at least 32, or it can be guessed offline (RFC 7518 section 3.2)")
  }

  @Test func secretThatIsNotThere() {
    let loading = Fixture.load(table(environment: "production"))
    #expect(loading.configuration != nil)
    #expect(
      loading.diagnostics.map(\.message) == ["authentication 'login' will refuse everybody: environment variable 'JWT_SECRET' is not set"])
  }

  @Test func trustInEverybody() {
    check(
      { table(environment: $0, proxies: "[0.0.0.0/0]") },
      "trusted proxy 0.0.0.0/0 is everybody: any client can claim any address, and so escape every limit")
  }

  @Test func listenersOfOneAddress() {
    let twice = "{address: \"127.0.0.1:8080\"}, {address: \"localhost:8080\"}"
    let loading = Fixture.load(table(environment: "development", listener: twice), environment: ["JWT_SECRET": Self.strong])
    #expect(loading.diagnostics.map(\.message) == ["listener 2 has the same address as an earlier one"])
    #expect(loading.diagnostics.first?.related?.note == "first given here")
    let any = "{address: \"127.0.0.1:0\"}, {address: \"127.0.0.1:0\"}"
    #expect(Fixture.load(table(environment: "development", listener: any), environment: ["JWT_SECRET": Self.strong]).diagnostics == [])
  }

  /// A header that is believed from nobody: refused where it is demanded, without effect where it may come.
  @Test func proxyProtocolWithoutProxies() {
    func loading(_ listener: String, proxies: String) -> GatewayConfiguration.Loading {
      Fixture.load(table(environment: "development", listener: listener, proxies: proxies), environment: ["JWT_SECRET": Self.strong])
    }
    for (mode, severity, effect) in [
      ("require", Diagnostic.Severity.error, "every connection is refused"), ("accept", .warning, "it has no effect"),
    ] {
      let listener = "{address: \"127.0.0.1:8080\", proxy_protocol: \(mode)}"
      let diagnostics = loading(listener, proxies: "[]").diagnostics
      #expect(
        diagnostics.map(\.message) == [
          "'proxy_protocol' of listener 1 is believed from nobody, so \(effect): name the proxies in 'trusted_proxies'"
        ])
      #expect(diagnostics.map(\.severity) == [severity] && diagnostics.allSatisfy { $0.mark != nil })
      #expect(loading(listener, proxies: "[10.0.0.0/8]").diagnostics == [])
    }
  }

  @Test func listenerKeysWithoutEffect() {
    func messages(_ listener: String) -> [String] {
      Fixture.load(table(environment: "development", listener: listener), environment: ["JWT_SECRET": Self.strong]).diagnostics.map(
        \.message)
    }
    #expect(
      messages("{address: \"127.0.0.1:8080\", mode: 0660}") == ["'mode' of listener 1 has no effect: 127.0.0.1:8080 is no Unix socket"])
    #expect(
      messages("{address: \"127.0.0.1:8080\", proxy_protocol_size: 1KiB}")
        == ["'proxy_protocol_size' of listener 1 has no effect: 'proxy_protocol' is off"])
    #expect(messages("{address: \"unix:/run/voxgate.sock\", mode: 660, proxy_protocol: accept, proxy_protocol_size: 1KiB}") == [])
  }

  @Test func keysThatBelongIntoDefaults() {
    let text = Fixture.frame.split(separator: "\n").map { line in
      line.hasPrefix("routes")
        ? "routes: {/echo: {upstream: echo, authentication: none, timeouts: {head: 1s}, messages: {max_size: 1KiB, max_frame: 2KiB}}}"
        : String(line)
    }.joined(separator: "\n")
    let messages = Fixture.load(text).diagnostics.map(\.message)
    #expect(messages.contains("'head' in timeouts of route '/echo' has no effect: the route is not known yet; set it in 'defaults'"))
    #expect(messages.contains("'max_frame' in messages of route '/echo' is above 'max_size' and so has no effect"))
  }

  /// A vendor of the user's own is as good as one of the catalogue.
  @Test func vendorsOfTheFile() {
    let text = Fixture.frame.split(separator: "\n").map {
      $0.hasPrefix("upstreams") ? "upstreams: {echo: {vendor: house.voice}}" : String($0)
    }.joined(separator: "\n")
    #expect(Fixture.errors(text) == ["upstreams.yaml:3:28: error: unknown vendor 'house.voice' in upstream 'echo'"])
    #expect(Fixture.errors(text + "\nvendors: {house.voice: {}}") == [])
  }

  // MARK: Who is calling

  private func warnings(_ authentication: String) -> [String] {
    let loading = Fixture.load(Fixture.frame + "authentication: {a: \(authentication)}")
    #expect(!loading.diagnostics.hasErrors, "\(loading.rendered)")
    return loading.diagnostics.map(\.message).filter { $0.contains("'a'") }
  }

  @Test func tokensForEverybody() {
    let message = "authentication 'a' gives tokens to anybody who reaches it"
    #expect(warnings("{type: session_token, authentication: none}") == [message])
    let production = "environment: production\n" + Fixture.frame + "authentication: {a: {type: session_token, authentication: none}}"
    #expect(Fixture.load(production).diagnostics.contains { $0.severity == .error && $0.message == message })
  }

  @Test func certificatesNobodyAsksFor() {
    #expect(warnings("{type: mtls}") == ["authentication 'a' will refuse everybody: no listener has 'client_ca'"])
  }

  /// In the clear only to this machine, unless the table says so.
  @Test(arguments: [
    "https://auth.example/", "http://127.0.0.1:8080/check", "http://[::1]/check", "http://localhost:1/check", "HTTP://LOCALHOST/",
  ])
  func endpointsOfMethods(url: String) {
    #expect(warnings("{type: forward, url: \"\(url)\"}") == [])
    #expect(warnings("{type: jwt, oidc_issuer: \"\(url)\", algorithms: [ES256]}") == [])
    #expect(warnings("{type: introspection, url: \"\(url)\", client_id: a, client_secret: {env: B}}") == [])
    #expect(warnings("{type: forward, url: \"http://auth.internal/\", plain_http: true}") == [])
  }
}
