import Configuration
import Testing

@Suite struct MistakesTests {
  /// Ten different mistakes in one file, all told at once, each with its place, its line and a caret.
  @Test func tenMistakesInOneFile() {
    let text = """
      version: 2
      listeners:
        - {address: "localhost:80800"}
      tiers:
        free: {opens: {ip: 10 per minute}}
      upstreams:
        deepgram: {vendor: deepgram.lisen, credential: dg_0123456789abcdef0123}
        openai:
          vendor: openai.realtime
          url: wss://api.openai.com/v1/realtime
      routes:
        /deepgram-proxy: {upstream: deepgran, vendr: x, authentication: none, origins: ["https://app.example.com/"]}
        /openai: {upstream: openai, timeouts: {dial: 10}}
        /openai: {upstream: openai, authentication: none}
      """
    let loading = Fixture.load(text)
    #expect(loading.configuration == nil)
    let errors = loading.diagnostics.filter { $0.severity == .error }
    #expect(
      errors.map { $0.rendered(in: loading.source) } == [
        """
        upstreams.yaml:1:10: error: 'version' must be 1; found '2'
          version: 2
                   ^
        """,
        """
        upstreams.yaml:3:15: error: 'address' in listener 1 must be an address such as 127.0.0.1:8080, [::]:8443 or unix:/run/voxgate.sock; found 'localhost:80800'
            - {address: "localhost:80800"}
                        ^
        """,
        """
        upstreams.yaml:5:22: error: 'ip' in opens of tier 'free' must be a rate such as 10/1m or 100/15m; found '10 per minute'
            free: {opens: {ip: 10 per minute}}
                               ^
        """,
        """
        upstreams.yaml:7:22: error: unknown vendor 'deepgram.lisen' in upstream 'deepgram'; did you mean 'deepgram.listen'?
            deepgram: {vendor: deepgram.lisen, credential: ***}
                               ^
        """,
        """
        upstreams.yaml:7:50: error: 'credential' in upstream 'deepgram' must not be written here; give a reference: {env: NAME}, {file: PATH} or {command: [...]}
            deepgram: {vendor: deepgram.lisen, credential: ***}
                                                           ^
        """,
        """
        upstreams.yaml:10:5: error: upstream 'openai' takes only one of 'vendor' or 'url'
              url: wss://api.openai.com/v1/realtime
              ^
        upstreams.yaml:9:5: note: 'vendor' is given here
              vendor: openai.realtime
              ^
        """,
        """
        upstreams.yaml:12:31: error: unknown upstream 'deepgran' in route '/deepgram-proxy'; did you mean 'deepgram'?
            /deepgram-proxy: {upstream: deepgran, vendr: x, authentication: none, origins: ["https://app.example.com/"]}
                                        ^
        """,
        """
        upstreams.yaml:12:41: error: unknown key 'vendr' in route '/deepgram-proxy'; did you mean 'vendor'?
            /deepgram-proxy: {upstream: deepgran, vendr: x, authentication: none, origins: ["https://app.example.com/"]}
                                                  ^
        """,
        """
        upstreams.yaml:12:83: error: item 1 of origins of route '/deepgram-proxy' must be an origin such as https://app.example.com, https://*.example.com or '*', without a path; found 'https://app.example.com/'
            /deepgram-proxy: {upstream: deepgran, vendr: x, authentication: none, origins: ["https://app.example.com/"]}
                                                                                            ^
        """,
        """
        upstreams.yaml:13:12: error: missing key 'authentication' in route '/openai', or in 'defaults'
            /openai: {upstream: openai, timeouts: {dial: 10}}
                     ^
        """,
        """
        upstreams.yaml:13:48: error: 'dial' in timeouts of route '/openai' must be a duration such as 250ms, 30s, 5m, 1h or 1d; found '10'
            /openai: {upstream: openai, timeouts: {dial: 10}}
                                                         ^
        """,
        """
        upstreams.yaml:14:3: error: duplicate key '/openai'
            /openai: {upstream: openai, authentication: none}
            ^
        upstreams.yaml:13:3: note: first given here
            /openai: {upstream: openai, timeouts: {dial: 10}}
            ^
        """,
      ])
  }

  /// Each kind of mistake once, in the section where it belongs.
  @Test(arguments: [
    ("environment: prod", "5:14: error: 'environment' must be 'development' or 'production'; found 'prod'"),
    (
      "environment: producton",
      "5:14: error: 'environment' must be 'development' or 'production'; found 'producton'; did you mean 'production'?"
    ),
    ("admin: {address: \"0.0.0.0:9090\"}", "5:18: error: admin needs a 'token', because 0.0.0.0:9090 is not a loopback address"),
    (
      "trusted_proxies: [10.0.0.1/8]",
      "5:19: error: item 1 of trusted_proxies has bits set after its prefix length; did you mean '10.0.0.0/8'?"
    ),
    (
      "trusted_proxies: [proxy.local]",
      "5:19: error: item 1 of trusted_proxies must be a network such as 10.0.0.0/8 or 2001:db8::/32; found 'proxy.local'"
    ),
    (
      "authentication: {a: {secret: {env: A}}}",
      "5:21: error: authentication 'a' needs 'type': 'jwt', 'api_key', 'session_token', 'forward', 'introspection' or 'mtls'"
    ),
    (
      "authentication: {a: {type: jvt}}",
      "5:28: error: 'type' in authentication 'a' must be 'jwt', 'api_key', 'session_token', 'forward', 'introspection' or 'mtls'; found 'jvt'; did you mean 'jwt'?"
    ),
    (
      "authentication: {a: {type: jwt}}",
      "5:21: error: authentication 'a' needs 'secret', 'public_key', 'jwks_file', 'jwks_url' or 'oidc_issuer'"
    ),
    (
      "authentication: {a: {type: jwt, secret: {env: A}, algorithms: [none]}}",
      "5:64: error: item 1 of algorithms of authentication 'a' must be 'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512' or 'EdDSA'; found 'none'"
    ),
    (
      "authentication: {a: {type: jwt, secret: {env: A}, algorithms: [HS256, RS256]}}",
      "5:63: error: 'algorithms' in authentication 'a' must be HS256, HS384 or HS512 for this key"
    ),
    (
      "authentication: {a: {type: jwt, secret: {env: A}, leeway: 1h}}",
      "5:59: error: 'leeway' in authentication 'a' must be between 0s and 5m; found 1h"
    ),
    (
      "authentication: {a: {type: session_token}}", "5:21: error: missing key 'authentication' in authentication 'a'"
    ),
    (
      "authentication: {a: {type: session_token, authentication: [a]}}",
      "5:59: error: authentication 'a' asks for a token before it gives one out"
    ),
    (
      "authentication: {a: {type: session_token, authentication: none, path: /echo}}",
      "5:71: error: 'path' in authentication 'a' is another page's already: '/echo'"
    ),
    (
      "authentication: {a: {type: session_token, authentication: none, path: api}}",
      "5:71: error: 'path' in authentication 'a' must be a path such as /api/token; found 'api'"
    ),
    (
      "authentication: {a: {type: session_token, authentication: none}, b: {type: session_token, authentication: none}}",
      "5:69: error: 'path' in authentication 'b' is that of authentication 'a' already; give one of them another"
    ),
    (
      "authentication: {a: {type: forward, url: \"http://auth.internal/check\"}}",
      "5:42: error: 'url' in authentication 'a' must begin with https://; for http:// beyond this machine say 'plain_http: true'"
    ),
    (
      "authentication: {a: {type: jwt, jwks_url: \"https://a..example/\", algorithms: [RS256]}}",
      "5:43: error: 'jwks_url' in authentication 'a' must have a valid host, port and path"
    ),
    ("defaults: {upstream: echo}", "5:12: error: unknown key 'upstream' in defaults"),
    ("defaults: {tier: gold}", "5:18: error: unknown tier 'gold' in route '/echo'"),
    ("defaults: {headers: [Cookie]}", "5:22: error: header 'Cookie' of defaults never goes on to an upstream"),
    ("drain: {grace: never}", "5:16: error: 'grace' in drain must be a duration such as 250ms, 30s, 5m, 1h or 1d; found 'never'"),
    ("logging: json", "5:10: error: 'logging' must be a mapping with keys such as 'format', 'level' or 'addresses'; found 'json'"),
    ("store: \"redis://:hunter2@localhost\"", "5:8: error: 'store' must not hold a user name or password; use 'store_password'"),
    ("store: disk", "5:8: error: 'store' must be memory or a URL such as redis://127.0.0.1:6379/0; found 'disk'"),
    ("rotues: {}", "5:1: error: unknown key 'rotues'; did you mean 'routes'?"),
  ])
  func inEverySection(line: String, expected: String) {
    #expect(Fixture.errors(Fixture.frame + line).filter { !$0.contains("is not yet in effect") } == ["upstreams.yaml:" + expected])
  }

  @Test(arguments: [
    (
      "/a b: {upstream: echo, authentication: none}",
      "route '/a b' must be a path such as /listen or /openai/*, without query, empty or '..' parts"
    ),
    ("/a: {upstream: echo, authentication: []}", "'authentication' in route '/a' needs at least one item"),
    (
      "/a: {upstream: echo, authentication: nobody}",
      "'authentication' in route '/a' must be a list of names from 'authentication', or none; found 'nobody'"
    ),
    ("/a: {upstream: echo, authentication: [nobody]}", "unknown authentication 'nobody' in route '/a'"),
    ("/a: {upstream: echo, authentication: [key]}", "unknown authentication 'key' in route '/a'"),
    (
      "/a: {upstream: echo, authentication: none, vendor: deepgram.listen}", "unknown key 'vendor' in route '/a': it belongs in an upstream"
    ),
    ("/a: {authentication: none}", "missing key 'upstream' in route '/a'"),
    (
      "/a: {upstream: echo, authentication: none, enabled: maybe}",
      "'enabled' in route '/a' must be true, false, ${NAME} or {env: NAME}; found 'maybe'"
    ),
    ("/a: {upstream: echo, authentication: none, origins: \"*\"}", "'origins' in route '/a' must be a list; found '*'"),
    (
      "/a: {upstream: echo, authentication: none, subprotocols: [\"a b\"]}",
      "item 1 of subprotocols of route '/a' must be a name of letters, digits and !#$%&'*+-.^_`|~; found 'a b'"
    ),
    (
      "/a: {upstream: echo, authentication: none, buffers: {early: 1GiB}}",
      "'early' in buffers of route '/a' must be between 0B and 64MiB; found 1GiB"
    ),
    ("/a: echo", "route '/a' must be a mapping with keys such as 'upstream', 'enabled' or 'authentication'; found 'echo'"),
  ])
  func inRoutes(entry: String, message: String) {
    let text =
      """
      version: 1
      listeners: [{address: "127.0.0.1:1"}]
      authentication: {keys: {type: api_key, file: /dev/null}}
      upstreams: {echo: {url: "ws://127.0.0.1:2"}}
      routes:
        \(entry)
      """
    #expect(Fixture.load(text).diagnostics.filter { $0.severity == .error }.map(\.message) == [message])
  }

  @Test(arguments: [
    ("{}", "upstream 'a' needs 'vendor' or 'url'"), ("{vendor: house}", "unknown vendor 'house' in upstream 'a'"),
    ("{url: \"https://example.com\"}", "'url' in upstream 'a' must begin with wss:// or ws://"),
    (
      "{url: \"wss://h\", credential: {env: K}}",
      "upstream 'a' has a 'url', so nothing says where its credential goes; name a 'vendor', or use 'headers'"
    ),
    (
      "{vendor: deepgram.listen, credential: {env: A}, credentials: [{env: B}]}",
      "upstream 'a' takes only one of 'credential' or 'credentials'"
    ),
    ("{vendor: deepgram.listen, credentials: []}", "'credentials' in upstream 'a' needs at least one item"),
    (
      "{vendor: deepgram.listen, credential: {evn: A}}",
      "'credential' in upstream 'a' must be one reference: {env: NAME}, {file: PATH} or {command: [...]}"
    ),
    ("{vendor: deepgram.listen, tls: {ca: /nowhere.pem}}", "ca of upstream 'a' cannot be read: '/nowhere.pem'"),
    ("{vendor: deepgram.listen, timeouts: {dial: 2h}}", "'dial' in timeouts of upstream 'a' must be between 100ms and 1m; found 2h"),
    ("{vendor: deepgram.listen, fallbacks: [b]}", "unknown upstream 'b' in fallbacks of upstream 'a'"),
    ("{vendor: deepgram.listen, fallbacks: [a]}", "upstream 'a' is its own fallback"),
    (
      "{vendor: deepgram.listen, credentials: [{env: A}, {secret: {env: A}, weight: 2}]}",
      "{env: A} is in the credentials of upstream 'a' twice; give it one 'weight'"
    ),
    (
      "{vendor: deepgram.listen, credentials: [{secret: {env: A}, weight: 0}]}",
      "'weight' in credential 1 of upstream 'a' must be an integer between 1 and 1000; found '0'"
    ),
    (
      "{vendor: deepgram.listen, endpoints: [{url: \"wss://h\"}]}",
      "endpoint 1 of upstream 'a' has a 'url', and the vendor says that; use 'region' or 'variables'"
    ),
    ("{url: \"wss://h\", endpoints: [{region: eu}]}", "endpoint 1 of upstream 'a' needs a 'url', since the upstream has one"),
    ("{vendor: deepgram.listen, cool_down: 10ms}", "'cool_down' in upstream 'a' must be between 1s and 1d; found 10ms"),
    ("{vendor: deepgram.listen, refresh: 10ms}", "'refresh' in upstream 'a' must be between 1s and 1d; found 10ms"),
    (
      "{vendor: deepgram.listen, circuit: {failures: 0}}",
      "'failures' in circuit of upstream 'a' must be an integer between 1 and 1000; found '0'"
    ),
    (
      "{vendor: deepgram.listen, circuit: {rest: 10m}}", "'longest_rest' in circuit of upstream 'a' is shorter than 'rest'"
    ),
  ])
  func inUpstreams(entry: String, message: String) {
    let text =
      Fixture.table(upstream: entry)
    #expect(Fixture.load(text).diagnostics.filter { $0.severity == .error }.map(\.message) == [message])
  }

  @Test(arguments: [
    ("pages: {/echo: {a: b}}", "page '/echo' is answered otherwise already"),
    ("pages: {/ready: {a: b}}", "page '/ready' is answered otherwise already"),
    ("pages: {/a/*: {a: b}}", "page '/a/*' must be a path such as /test"),
    ("pages: {test: {a: b}}", "page 'test' must be a path such as /test"),
    ("defaults: {instead: {a: {b: /echo}}}", "unknown key 'instead' in defaults"),
  ])
  func ofPages(section: String, message: String) {
    #expect(Fixture.errors(Fixture.frame + section).map { $0.contains(message) } == [true], "\(Fixture.errors(Fixture.frame + section))")
  }

  @Test func routeInsteadOfAnother() {
    let table = Fixture.table.split(separator: "\n").map { line in
      line.contains("/deepgram-proxy:") ? line.dropLast() + ", instead: {service: {a: /echo/*, b: /openai}}}" : line
    }.joined(separator: "\n")
    #expect(
      Fixture.load(table).diagnostics.filter { $0.severity == .error }.map(\.message)
        == ["unknown route '/openai' in 'instead' of route '/deepgram-proxy'"])
  }

  @Test func whatIsMissingAltogether() {
    #expect(
      Fixture.errors("environment: development")
        == ["version", "listeners", "upstreams", "routes"].sorted().map { "upstreams.yaml:1:1: error: missing key '\($0)'" })
    #expect(Fixture.errors("") == ["upstreams.yaml:1:1: error: the text has no YAML document"])
    #expect(Fixture.errors("a: [") == ["upstreams.yaml:2:1: error: did not find expected node content while parsing a flow node"])
    #expect(
      Fixture.errors("[]") == [
        "upstreams.yaml:1:1: error: the file must be a mapping with keys such as 'version', 'environment' or 'listeners'; found a list"
      ])
  }

  /// What is read and has no effect yet is said, with its place.
  @Test(arguments: [
    ("defaults: {dialect: twilio}", "'dialect' in defaults is not yet in effect"),
    ("store: redis://localhost", "a Redis store is not yet in effect: every instance counts for itself"),
    ("store_password: {vault: a}", "'vault' in store_password is not yet in effect: use env, file or command"),
  ])
  func notYetInEffect(section: String, message: String) {
    let key = section.prefix { $0 != ":" }
    let frame = Fixture.frame.split(separator: "\n").filter { !$0.hasPrefix(key + ":") }.joined(separator: "\n")
    let loading = Fixture.load(frame + "\n" + section)
    #expect(!loading.diagnostics.hasErrors, "\(loading.rendered)")
    #expect(loading.diagnostics.contains { $0.severity == .warning && $0.message == message && $0.mark != nil }, "\(loading.rendered)")
  }
}
