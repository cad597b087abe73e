import JSON
import TestSupport
import Testing
@testable import Tokens

@Suite struct JSONWebKeySetTests {
  static func parse(_ text: String) throws(KeyError) -> JSONWebKeySet { try JSONWebKeySet(parsing: Array(text.utf8)) }

  static let refused: [(String, String, KeyError)] = [
    ("empty", "", .malformed("expected json")), ("html", "<html>", .malformed("expected json")),
    ("a list", "[]", .malformed("expected an object with a list of \"keys\"")),
    ("no keys", "{}", .malformed("expected an object with a list of \"keys\"")),
    ("keys are an object", #"{"keys":{}}"#, .malformed("expected an object with a list of \"keys\"")),
    ("key is a text", #"{"keys":["x"]}"#, .malformed("expected every key to be an object")),
    ("one key alone", JSONValue.object(JSONWebKeyTests.ec).text(), .malformed("expected an object with a list of \"keys\"")),
    ("content after it", #"{"keys":[]} {}"#, .malformed("expected json")),
    ("keys twice", #"{"keys":[],"keys":[]}"#, .malformed("expected no duplicate members")),
    ("kid twice", #"{"keys":[{"kid":"a","kid":"b"}]}"#, .malformed("expected no duplicate members")),
    ("none", #"{"keys":[]}"#, .noKeys), ("only others", #"{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"PQC"}]}"#, .noKeys),
    ("too many", #"{"keys":["# + Array(repeating: "{}", count: 101).joined(separator: ",") + "]}", .tooManyKeys(limit: 100)),
    ("too large", String(repeating: " ", count: 262_145), .tooLarge(limit: 262_144)),
  ]

  @Test(arguments: refused)
  func textsThatAreNoSet(name: String, text: String, error: KeyError) {
    #expect(throws: error, "\(name)") { _ = try Self.parse(text) }
  }

  @Test func othersAreIgnoredWithAReason() throws {
    let set = try keySet(
      ["kty": "oct", "k": "AAAA"], SigningKey.rsa.jwk(["kid": "a"]), SigningKey.p256.jwk(["use": "enc", "kid": "a"]), ["kty": "NEW"])
    #expect(set.keys.map(\.keyID) == ["a"])
    #expect(
      set.ignored == [
        .init(index: 0, reason: .unsupported("a shared secret")), .init(index: 2, reason: .unsupported("a key for another use")),
        .init(index: 3, reason: .unsupported("another kind of key")),
      ])
  }

  @Test func namesMustTellKeysApart() throws {
    #expect(throws: KeyError.duplicateKeyID) { _ = try keySet(SigningKey.rsa.jwk(["kid": "a"]), SigningKey.rsa.jwk(["kid": "a"])) }
    #expect(throws: KeyError.duplicateKeyID) {
      _ = try keySet(SigningKey.p256.jwk(["kid": "a"]), SigningKey(.p256).jwk(["kid": "a", "alg": "ES256"]))
    }
    // RFC 7517 section 4.5: alternatives of different kinds may share a name.
    let set = try keySet(SigningKey.rsa.jwk(["kid": "a"]), SigningKey.p256.jwk(["kid": "a"]))
    #expect(try set.key(for: "a", algorithm: .rs256).kind == .rsa(bits: 2048))
    #expect(try set.key(for: "a", algorithm: .es256).kind == .p256)
  }

  @Test func theTokenChoosesByName() throws {
    let set = try keySet(SigningKey.rsa.jwk(["kid": "a"]), SigningKey.p256.jwk(["kid": "b"]), SigningKey.ed25519.jwk())
    #expect(try set.key(for: "a", algorithm: .ps512).kind == .rsa(bits: 2048))
    #expect(set.contains("a") && !set.contains("A") && !set.contains(""))
    #expect(throws: TokenError.unknownKey("c")) { _ = try set.key(for: "c", algorithm: .es256) }
    #expect(throws: TokenError.unknownKey("")) { _ = try set.key(for: "", algorithm: .es256) }
    #expect(throws: TokenError.algorithmNotAllowed("ES256")) { _ = try set.key(for: "a", algorithm: .es256) }
    #expect(throws: TokenError.missingKeyID) { _ = try set.key(for: nil, algorithm: .edDSA) }
    // A Kelvin sign is no K.
    #expect(throws: TokenError.unknownKey("\u{212A}")) {
      _ = try keySet(SigningKey.rsa.jwk(["kid": "K"])).key(for: "\u{212A}", algorithm: .rs256)
    }
  }

  /// A default key would let a token choose it by naming one that does not exist.
  @Test func theOnlyKeyIsForTokensThatNameNone() throws {
    for more in [["kid": "a"], [:]] as [JSONObject] {
      let set = try keySet(SigningKey.p256.jwk(more))
      #expect(try set.key(for: nil, algorithm: .es256).kind == .p256)
      #expect(throws: TokenError.unknownKey("b")) { _ = try set.key(for: "b", algorithm: .es256) }
      #expect(throws: TokenError.algorithmNotAllowed("RS256")) { _ = try set.key(for: nil, algorithm: .rs256) }
    }
  }

  /// Whatever an issuer sends is a set or an error; what of it is used is still able to verify.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func damagedSets(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let keys = [SigningKey.rsa, .p256, .p384, .p521, .ed25519].enumerated().map { $1.jwk(["kid": .string("k\($0)")]) }
    let text = JSONValue.object(["keys": .array(keys.map { .object($0) })]).serialize()
    let token = try JSONWebToken(parsing: SigningKey.p256.token(.es256, header: ["kid": "k1"]))
    let original = try JSONWebKeySet(parsing: text).key(for: "k1", algorithm: .es256)
    var parsed = 0
    for round in 0..<400 {
      var changed = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0x20...0x7E, using: &random)
      }
      guard let set = try? JSONWebKeySet(parsing: changed) else { continue }
      parsed += 1
      guard let key = try? set.key(for: "k1", algorithm: .es256) else { continue }
      let isGood = key.verifies(token.signature, of: token.signingInput, algorithm: .es256)
      #expect(isGood == (key == original), "seed \(seed) round \(round)")
    }
    #expect(parsed > 40, "seed \(seed)")
  }

  /// One key serves all threads.
  @Test func manyThreadsVerifyAtOnce() async throws {
    let set = VerificationKeys.set(try keySet(SigningKey.rsa.jwk(["kid": "a"]), SigningKey.p256.jwk(["kid": "b"])))
    let verifier = JSONWebToken.Verifier(algorithms: [.rs256, .es256], keys: set)
    let tokens = [SigningKey.rsa.token(.rs256, header: ["kid": "a"]), SigningKey.p256.token(.es256, header: ["kid": "b"])]
    let good = await withTaskGroup(of: Int.self) { group in
      for index in 0..<8 {
        group.addTask { (0..<50).filter { ((try? verifier.verify(tokens[($0 + index) % 2], now: 0)) != nil) }.count }
      }
      return await group.reduce(0, +)
    }
    #expect(good == 400)
  }
}
