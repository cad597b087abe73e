import Configuration
import Testing
import YAML

@Suite struct GatewayConfigurationTests {
  @Test func theExampleTable() throws {
    let loading = Fixture.load(Fixture.table)
    #expect(!loading.diagnostics.hasErrors, "\(loading.rendered)")
    let configuration = try #require(loading.configuration)
    #expect(configuration.environment == .development)
    #expect(configuration.listeners.map(\.address.description) == ["127.0.0.1:8080"])
    #expect(configuration.upstreams["deepgram"]?.vendor == "deepgram.listen")
    #expect(configuration.upstreams["deepgram"]?.credential == .environment("DEEPGRAM_API_KEY"))
    #expect(configuration.upstreams["openai"]?.query.defaults == ["model": ["gpt-realtime"]])
    #expect(configuration.upstreams["echo"]?.url?.description == "ws://127.0.0.1:9800/")
    #expect(configuration.routes.map(\.path.description) == ["/deepgram-proxy", "/openai-realtime", "/echo/*"])
    #expect(configuration.routes.allSatisfy { $0.authentication == RouteAuthentication.none && $0.origins == [.any] })
    #expect(
      loading.diagnostics.map(\.message)
        == ["deepgram-proxy", "openai-realtime", "echo/*"].flatMap { path in
          [
            "route '/\(path)' has no authentication: anybody who reaches it spends the vendor's credit",
            "route '/\(path)' allows origin '*': any page a visitor opens can use it",
          ]
        })
  }

  @Test func everySection() throws {
    let loading = Fixture.load(
      """
      version: 1
      environment: production
      listeners:
        - {address: "0.0.0.0:8080"}
        - {address: "[::]:8081", proxy_protocol: require, proxy_protocol_size: 1KiB, backlog: 128}
        - {address: "unix:/run/voxgate.sock", mode: 0600, proxy_protocol: accept}
      enabled: {env: ENABLE_ALL}
      switches_file: /run/voxgate.off
      handshakes: {per_address: 64, total: 1000, bytes: 16KiB}
      failures: {rate: 5/1m, burst: 2}
      admin: {address: "127.0.0.1:9090"}
      trusted_proxies: [10.0.0.0/8, "2001:db8::/32", 192.0.2.1]
      authentication:
        login:
          {type: jwt, secret: {env: JWT_SECRET}, issuer: https://login.example.com, audience: voice, leeway: 10s, required_claims: [exp, sub]}
      tiers:
        free: {opens: {ip: 10/1m}, concurrent: {ip: 3}, session_length: 30m}
        paid: {opens: {ip: {rate: 100/1m, burst: 20}}}
      vendors:
        house: {anything: [goes, here]}
      upstreams:
        house:
          vendor: house
          region: eu
          variables: {project: "7", token: {file: /run/secrets/token}}
          headers: {x-team: voice, x-api-key: {env: KEY}}
        pool:
          vendor: openai.realtime
          credential: {command: [pass, show, openai]}
          query: {forced: {model: [a, b], beta: true}}
          timeouts: {dial: 3s}
      defaults:
        authentication: [login]
        origins: [https://app.example.com, "https://*.example.org"]
        tier: free
        timeouts: {head: 5s, session: 1h}
        query: {drop: [debug]}
      routes:
        /house/*: {upstream: house, enabled: "${ENABLE_HOUSE}", timeouts: {dial: 2s, client_idle: off}}
        /pool:
          upstream: pool
          enabled: {env: ENABLE_POOL}
          tier: paid
          missing_origin: refuse
          query: {pass: [language], rename: {lang: language}}
          headers: [x-request-id]
          messages: {max_size: 1MiB, max_frame: 64KiB}
          subprotocols: [realtime]
          pings: relay
          refuse: close
          networks: {allow: [10.0.0.0/8, "2001:db8::/32"], deny: [10.6.6.0/24]}
          buffers: {to_client: 64KiB}
      drain: {grace: 1m, delay: 15s, idle: off, spread: 10s, code: "1012"}
      logging: {format: text, level: debug, addresses: full}
      store: memory
      """, environment: ["JWT_SECRET": String(repeating: "s", count: 32)])
    #expect(loading.diagnostics.isEmpty, "\(loading.rendered)")
    let configuration = try #require(loading.configuration)
    #expect(configuration.trustedProxies.map(\.description) == ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"])
    #expect(configuration.listeners.map(\.proxyProtocol) == [.off, .require, .accept])
    #expect(configuration.listeners.map(\.proxyProtocolSize) == [536, 1_024, 536])
    #expect(configuration.listeners.map(\.backlog) == [4_096, 128, 4_096])
    #expect(configuration.listeners.map(\.mode.bits) == [0o660, 0o660, 0o600])
    #expect(configuration.enabled == .environment("ENABLE_ALL") && configuration.switchesFile == "/run/voxgate.off")
    #expect(
      configuration.handshakes.perAddress == 64 && configuration.handshakes.total == 1_000 && configuration.handshakes.bytes == 16 << 10)
    #expect(configuration.failures == .on(RateLimit(Rate(count: 5, window: .seconds(60)), burst: 2)))
    guard case .jwt(let method)? = configuration.authentication["login"] else { Issue.record("no jwt method"); return }
    #expect(method.audience == ["voice"])
    #expect(method.leeway == .seconds(10))
    #expect(method.algorithms == [.hs256])
    #expect(configuration.tiers["free"]?.opens.ip == RateLimit(Rate(count: 10, window: .seconds(60))))
    #expect(configuration.tiers["paid"]?.opens.ip == RateLimit(Rate(count: 100, window: .seconds(60)), burst: 20))
    #expect(configuration.tiers["free"]?.sessionLength == .on(.seconds(1800)))
    #expect(configuration.vendors["house"]?["anything"]?.sequence?.map(\.text) == ["goes", "here"])
    #expect(configuration.upstreams["house"]?.variables == ["project": .text("7"), "token": .secret(.file("/run/secrets/token"))])
    #expect(configuration.upstreams["pool"]?.query.forced == ["model": ["a", "b"], "beta": ["true"]])

    #expect(configuration.drain.delay == .seconds(15) && configuration.drain.grace == .seconds(60))
    #expect(configuration.drain.idle == .off && configuration.drain.spread == .seconds(10) && configuration.drain.code == .serviceRestart)
    // Whatever it names, by whichever key.
    #expect(loading.files.isSuperset(of: ["/run/voxgate.off", "/run/secrets/token"]), "\(loading.files)")

    let house = configuration.routes[0]
    #expect(house.authentication == .methods(["login"]))
    #expect(house.tier == "free")
    #expect(house.timeouts.head == .seconds(5) && house.timeouts.session == .on(.seconds(3600)))
    #expect(house.timeouts.dial == .seconds(2) && house.timeouts.clientIdle == .off)
    #expect(house.query.drop == ["debug"] && house.query.pass == ["*"])
    #expect(house.enabled.isOn(environment: ["ENABLE_HOUSE": "true"]))
    #expect(!house.enabled.isOn(environment: ["ENABLE_HOUSE": "1"]))
    #expect(!house.enabled.isOn(environment: [:]))
    let pool = configuration.routes[1]
    #expect(pool.tier == "paid" && pool.missingOrigin == .refuse && pool.pings == .relay && pool.refuse == .close)
    #expect(pool.networks.allow.map(\.description) == ["10.0.0.0/8", "2001:db8::/32"])
    #expect(pool.networks.deny.map(\.description) == ["10.6.6.0/24"] && house.networks == Networks())
    #expect(pool.query.passes("language") && !pool.query.passes("debug") && !pool.query.passes("model"))
    #expect(pool.messages.maxSize == 1 << 20 && pool.messages.maxFrame == 64 << 10 && pool.buffers.toClient == 64 << 10)
    #expect(pool.origins.map(\.description) == ["https://app.example.com", "https://*.example.org"])
  }

  @Test func routesByPath() throws {
    let table =
      Fixture.table
      + ["/*", "/echo/exact", "/echo/deep/*"].map { "\n  \($0): {upstream: echo, authentication: none}" }.joined()
    let configuration = try #require(Fixture.load(table).configuration)
    func found(_ path: String) -> String? { configuration.route(for: path).map { "\($0.route.path) + \($0.rest)" } }
    #expect(found("/deepgram-proxy") == "/deepgram-proxy + ")
    #expect(found("/echo/v1/realtime") == "/echo/* + /v1/realtime")
    #expect(found("/echo/exact") == "/echo/exact + ")
    #expect(found("/echo/deep/er") == "/echo/deep/* + /er")
    #expect(found("/other") == "/* + /other")
    #expect(try #require(Fixture.load(Fixture.table).configuration).route(for: "/other")?.route.path == nil)
  }

  @Test func pathsAreRelativeToTheFile() throws {
    let text = Fixture.frame + "store_password: {file: secrets/redis}\n"
    #expect(Fixture.load(text, file: "/etc/voxgate/upstreams.yaml").configuration?.storePassword == .file("/etc/voxgate/secrets/redis"))
    #expect(Fixture.load(text, file: "upstreams.yaml").configuration?.storePassword == .file("secrets/redis"))
  }

  /// What the reference page shows as a default is what reading it gives.
  @Test func defaultsReadBack() {
    checkDefaults(GatewayConfiguration.self) {
      $0.environment == $1.environment && $0.store == $1.store && $0.onStoreFailure == $1.onStoreFailure && $0.enabled == $1.enabled
        && $0.failures == $1.failures
    }
    checkDefaults(Route.self, ==)
    checkDefaults(RouteTimeouts.self, ==)
    checkDefaults(RouteQuery.self, ==)
    checkDefaults(RouteHandshake.self, ==)
    checkDefaults(RouteAudio.self, ==)
    checkDefaults(RouteCORS.self, ==)
    checkDefaults(MessageLimits.self, ==)
    checkDefaults(Buffers.self, ==)
    checkDefaults(Compression.self, ==)
    checkDefaults(Listener.self, ==)
    checkDefaults(Handshakes.self, ==)
    checkDefaults(Networks.self, ==)
    checkDefaults(ListenerTLS.self, ==)
    checkDefaults(Admin.self, ==)
    checkDefaults(Tier.self, ==)
    checkDefaults(Upstream.self, ==)
    checkDefaults(Drain.self, ==)
    checkDefaults(LogSettings.self, ==)
    checkDefaults(JWTMethod.self, ==)
    checkDefaults(APIKeyMethod.self, ==)
    checkDefaults(SessionTokenMethod.self, ==)
    checkDefaults(ForwardMethod.self, ==)
    checkDefaults(IntrospectionMethod.self, ==)
    checkDefaults(MutualTLSMethod.self, ==)
  }

  private func checkDefaults<Value: Section>(_ type: Value.Type, _ isEqual: (Value, Value) -> Bool) {
    let fields = Value.section.shape(defaults: Value()).fields.filter { $0.defaultText != nil }
    let text = fields.map { "\($0.key): \($0.defaultText ?? "")\n" }.joined()
    guard let root = Loader.load(text.isEmpty ? "{}" : text).root else { Issue.record("defaults of \(type) are no YAML:\n\(text)"); return }
    var reader = Reader(file: "defaults")
    // A base that differs would show nothing: the defaults themselves are what must come of it.
    guard let value = reader.read(Value.self, from: root, at: .named("defaults"), isPartial: true) else {
      Issue.record("\(type) unread"); return
    }
    let messages = reader.diagnostics.filter { $0.severity == .error && !$0.message.contains(" needs ") }.map(\.headline)
    #expect(messages.isEmpty, "\(type)\n\(text)")
    #expect(isEqual(value, Value()), "\(type)\n\(text)")
  }
}
