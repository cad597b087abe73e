import JSON
import Testing
@testable import Tokens

@Suite struct JSONWebKeyTests {
  static let ec = SigningKey.p256.jwk()
  static let rsa = SigningKey.rsa.jwk()
  static let ed = SigningKey.ed25519.jwk()

  static func with(_ object: JSONObject, _ members: JSONObject) -> JSONObject {
    var object = object
    for member in members { object[member.name] = member.value.isNull ? JSONValue?.none : member.value }
    return object
  }

  static let refused: [(String, JSONObject, KeyError)] = [
    ("no kind", [:], .malformed("expected \"kty\" to be a string")),
    ("kind is a number", ["kty": 1], .malformed("expected \"kty\" to be a string")),
    ("kind in lower case", with(ec, ["kty": "ec"]), .unsupported("another kind of key")),
    ("a secret", ["kty": "oct", "k": "AAAA"], .unsupported("a shared secret")),
    ("private", with(ec, ["d": "AAAA"]), .privateKey), ("private rsa", with(rsa, ["d": "AAAA"]), .privateKey),
    ("for encryption", with(rsa, ["use": "enc"]), .unsupported("a key for another use")),
    ("use is a list", with(rsa, ["use": ["sig"]]), .malformed("expected \"use\" to be a string")),
    ("signs", with(rsa, ["key_ops": ["sign"]]), .unsupported("a key for another use")),
    ("does nothing", with(rsa, ["key_ops": []]), .unsupported("a key for another use")),
    (
      "operations twice", with(rsa, ["key_ops": ["verify", "verify"]]),
      .malformed("expected \"key_ops\" to be a list of different names")
    ),
    ("operations are a text", with(rsa, ["key_ops": "verify"]), .malformed("expected \"key_ops\" to be a list of different names")),
    ("name is a number", with(rsa, ["kid": 1]), .malformed("expected \"kid\" to be a string")),
    ("for another algorithm", with(rsa, ["alg": "RSA-OAEP"]), .unsupported("another algorithm")),
    ("for a secret's algorithm", with(rsa, ["alg": "HS256"]), .unsupported("another algorithm")),
    ("for none", with(rsa, ["alg": "none"]), .unsupported("another algorithm")),
    ("algorithm of another kind", with(rsa, ["alg": "ES256"]), .malformed("expected \"alg\" to fit the key")),
    ("algorithm of another curve", with(ec, ["alg": "ES384"]), .malformed("expected \"alg\" to fit the key")),
    ("another curve", with(ec, ["crv": "secp256k1"]), .unsupported("another curve")),
    ("curve of another size", with(ec, ["crv": "P-384"]), .malformed("expected coordinates of 48 bytes")),
    ("no curve", with(ec, ["crv": nil]), .unsupported("another curve")),
    ("exchanged", with(ec, ["x": ec["y"] ?? "", "y": ec["x"] ?? ""]), .invalidPoint),
    ("no y", with(ec, ["y": nil]), .malformed("expected \"y\" to be base64url without padding")),
    ("padded", with(ec, ["x": "AAAA="]), .malformed("expected \"x\" to be base64url without padding")),
    ("no modulus", with(rsa, ["n": nil]), .malformed("expected \"n\" to be base64url without padding")),
    ("empty modulus", with(rsa, ["n": ""]), .malformed("expected \"n\" to be base64url without padding")),
    ("exponent one", with(rsa, ["e": "AQ"]), .malformed("expected an odd rsa exponent between 3 and 64 bits")),
    ("another edwards curve", with(ed, ["crv": "Ed448"]), .unsupported("another curve")),
    ("montgomery", with(ed, ["crv": "X25519"]), .unsupported("another curve")),
    ("short", with(ed, ["x": "AAAA"]), .malformed("expected 32 bytes")),
  ]

  @Test(arguments: refused)
  func keysThatVerifyNothing(name: String, object: JSONObject, error: KeyError) {
    #expect(throws: error, "\(name)") { _ = try JSONWebKey(object) }
  }

  @Test func whatAKeySaysOfItself() throws {
    let key = try JSONWebKey(Self.with(Self.rsa, ["kid": "k", "use": "sig", "alg": "PS384", "key_ops": ["verify", "sign"], "x5c": ["x"]]))
    #expect(key.keyID == "k" && key.algorithm == .ps384)
    #expect(SigningAlgorithm.allCases.filter(key.serves) == [.ps384])
    #expect(try SigningAlgorithm.allCases.filter(JSONWebKey(Self.rsa).serves) == [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512])
    #expect(try SigningAlgorithm.allCases.filter(JSONWebKey(Self.ec).serves) == [.es256])
    #expect(try SigningAlgorithm.allCases.filter(JSONWebKey(Self.ed).serves) == [.edDSA])
    #expect(try JSONWebKey(Self.ec).keyID == nil)
  }
}
