import Configuration
import Glibc

/// A table that works, for tests that change one thing.
enum Fixture {
  static let table = """
    version: 1
    listeners: [{address: "127.0.0.1:8080"}]
    upstreams:
      deepgram: {vendor: deepgram.listen, credential: {env: DEEPGRAM_API_KEY}}
      openai: {vendor: openai.realtime, credential: {env: OPENAI_API_KEY}, query: {defaults: {model: gpt-realtime}}}
      echo: {url: "ws://127.0.0.1:9800"}
    routes:
      /deepgram-proxy: {upstream: deepgram, authentication: none, origins: ["*"]}
      /openai-realtime: {upstream: openai, authentication: none, origins: ["*"]}
      /echo/*: {upstream: echo, authentication: none, origins: ["*"]}
    """

  /// The least that every table needs, to be followed by more sections.
  static let frame = """
    version: 1
    listeners: [{address: "127.0.0.1:8080"}]
    upstreams: {echo: {url: "ws://127.0.0.1:9800"}}
    routes: {/echo: {upstream: echo, authentication: none, origins: ["https://app.example.com"]}}

    """

  /// A table with one upstream, given as YAML.
  static func table(upstream: String) -> String {
    """
    version: 1
    listeners: [{address: "127.0.0.1:80"}]
    upstreams: {a: \(upstream)}
    routes: {/a: {upstream: a, authentication: none}}
    """
  }

  static func load(_ text: String, environment: [String: String] = [:], file: String = "upstreams.yaml") -> GatewayConfiguration.Loading {
    GatewayConfiguration.load(
      text: text, file: file, environment: environment, knownVendors: ["deepgram.listen", "deepgram.agent", "openai.realtime"])
  }

  /// The errors without the excerpts.
  static func errors(_ text: String, environment: [String: String] = [:]) -> [String] {
    load(text, environment: environment).diagnostics.filter { $0.severity == .error }.map(\.headline)
  }

  static func warnings(_ text: String, environment: [String: String] = [:]) -> [String] {
    load(text, environment: environment).diagnostics.filter { $0.severity == .warning }.map(\.headline)
  }

  /// A file of the test's own, removed afterwards.
  static func withFile<Value>(_ content: String, mode: UInt32 = 0o600, _ body: (String) throws -> Value) rethrows -> Value {
    var template = Array("/tmp/voxgate-test-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let bytes = Array(content.utf8)
    _ = unsafe write(descriptor, bytes, bytes.count)
    close(descriptor)
    _ = unsafe chmod(path, mode)
    defer { _ = unsafe unlink(path) }
    return try body(path)
  }
}
