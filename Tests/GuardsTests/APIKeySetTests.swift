import Testing
import Tokens
@testable import Guards

@Suite struct APIKeySetTests {
  static let hash = SHA256.hex("key-1")

  static func load(_ text: String) -> APIKeySet.Loading { APIKeySet.load(Array(text.utf8), file: "keys.yaml") }

  @Test func everythingAKeyMaySay() throws {
    let loading = Self.load(
      """
      keys:
        - sha256: \(Self.hash)
          subject: kiosk
          tier: gold
          routes: [/listen, /openai/*]
          expires: 2026-12-31
        - {sha256: "\(SHA256.hex("key-2").uppercased())", subject: "7"}
      """)
    #expect(loading.diagnostics == [])
    let keys = try #require(loading.keys)
    var first = APIKey()
    first.fingerprint = Fingerprint(of: "key-1")
    first.subject = "kiosk"
    first.tier = "gold"
    first.routes = ["/listen", "/openai/*"]
    first.expiresAt = 1_798_675_200
    #expect(keys.key(for: "key-1") == first)
    #expect(keys.key(for: "key-2")?.subject == "7")
    for other in ["", "key-3", "key-1 ", "KEY-1", Self.hash] { #expect(keys.key(for: other) == nil) }
  }

  @Test func jsonIsYAML() throws {
    let keys = try #require(Self.load(#"{"keys": [{"sha256": "\#(Self.hash)", "subject": "kiosk"}]}"#).keys)
    #expect(keys.key(for: "key-1")?.subject == "kiosk")
  }

  @Test func noKeysLetNobodyIn() throws {
    #expect(try #require(Self.load("keys: []").keys).key(for: "") == nil)
  }

  static let mistakes: [(String, String)] = [
    ("", "keys.yaml:1:1: error: the text has no YAML document"),
    ("[]", "keys.yaml:1:1: error: the file must be a mapping with keys such as 'keys'; found a list"),
    ("kees: []", "keys.yaml:1:1: error: unknown key 'kees'; did you mean 'keys'?"),
    ("keys:\n  - subject: a", "keys.yaml:2:5: error: missing key 'sha256' in key 1"),
    ("keys:\n  - sha256: \(hash)", "keys.yaml:2:5: error: missing key 'subject' in key 1"),
    (
      "keys:\n  - {sha256: abc, subject: a}",
      "keys.yaml:2:14: error: 'sha256' in key 1 must be the sha-256 of the key in 64 hexadecimal digits"
    ),
    (
      "keys:\n  - {sha256: \(hash), subject: a, expires: tomorrow}",
      "error: 'expires' in key 1 must be a date such as 2026-12-31 or 2026-12-31T18:00:00Z; found 'tomorrow'"
    ),
    ("keys:\n  - {sha256: \(hash), subject: a, routes: []}", "error: 'routes' in key 1 needs at least one item"),
    (
      "keys:\n  - {sha256: \(hash), subject: a}\n  - {sha256: \(hash.uppercased()), subject: b}",
      "keys.yaml:3:14: error: the key is given twice"
    ),
    ("keys:\n  - {sha256: \(hash), subject: a, teir: gold}", "error: unknown key 'teir' in key 1; did you mean 'tier'?"),
  ]

  @Test(arguments: mistakes)
  func mistakesHaveAPlace(text: String, headline: String) {
    let loading = Self.load(text)
    #expect(loading.keys == nil)
    #expect(
      loading.diagnostics.contains { $0.headline.hasSuffix(headline) || $0.headline == headline }, "\(loading.diagnostics.map(\.headline))")
  }

  /// Who writes the key where its hash belongs does not find it in a log.
  @Test(arguments: ["keys:\n  - {sha256: \(canary), subject: a}", "keys:\n  - {key: \(canary), subject: a}", "keys: [\(canary)]:"])
  func aKeyInTheFileIsNotPrinted(text: String) {
    let loading = Self.load(text)
    #expect(loading.keys == nil && !loading.diagnostics.isEmpty)
    #expect(!loading.rendered.contains(canary))
  }

  @Test func moreThanEnough() {
    func list(_ count: Int) -> String {
      "keys:\n" + (0..<count).map { "- {sha256: \(SHA256.hex("\($0)")), subject: a}\n" }.joined()
    }
    let loading = Self.load(list(10_001))
    #expect(loading.keys == nil)
    #expect(loading.diagnostics.map(\.headline) == ["keys.yaml:2:1: error: the file has 10001 keys; at most 10000 are read"])
    #expect(Self.load(list(10_000)).keys?.key(for: "9999") != nil)
  }
}
