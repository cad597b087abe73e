import JSON
import TestSupport
import Testing
@testable import Tokens

/// Tokens signed with public-key algorithms, and what is tried against those who check them.
@Suite struct PublicKeyTokenTests {
  static let asymmetric = SigningAlgorithm.allCases.filter { $0.scheme != .hmac }

  func verifier(_ algorithms: [SigningAlgorithm], _ keys: VerificationKeys, issuer: String? = nil) -> JSONWebToken.Verifier {
    JSONWebToken.Verifier(algorithms: algorithms, keys: keys, issuer: issuer)
  }

  @Test(arguments: asymmetric)
  func everyAlgorithmVerifiesItsOwn(algorithm: SigningAlgorithm) throws {
    let key = SigningKey.of(algorithm)
    let token = key.token(algorithm, header: ["kid": "k"])
    let set = try keySet(key.jwk(["kid": "k"]))
    for keys in [.publicKey(try key.publicKey), .set(set)] as [VerificationKeys] {
      #expect(try verifier([algorithm], keys).verify(token, now: 0).subject == "u")
      #expect(try verifier(SigningAlgorithm.allCases, keys).verify(token, now: 0).subject == "u")
      let others = SigningAlgorithm.allCases.filter { $0 != algorithm }
      #expect(throws: TokenError.algorithmNotAllowed(algorithm.rawValue)) { _ = try verifier(others, keys).verify(token, now: 0) }
    }
    // The same key under the name of every other algorithm.
    for other in SigningAlgorithm.allCases where other != algorithm {
      let parts = token.split(separator: ".")
      let header = Base64URL.encode(Array(#"{"alg":"\#(other.rawValue)","kid":"k"}"#.utf8))
      #expect(throws: TokenError.self, "\(other)") {
        _ = try verifier(SigningAlgorithm.allCases, .set(set)).verify("\(header).\(parts[1]).\(parts[2])", now: 0)
      }
    }
  }

  /// RFC 7519 section 3.1's claims under the keys of RFC 7515 appendices A.2 and A.3.
  @Test func tokensOfTheStandard() throws {
    for row in StandardSignature.all.prefix(2) {
      let keys = VerificationKeys.publicKey(try JSONWebKey(row.key).key)
      let claims = try verifier([row.algorithm], keys, issuer: "joe").verify(row.token, now: Example.expires - 1)
      #expect(claims.raw["http://example.com/is_root"] == true)
      #expect(throws: TokenError.expired) { _ = try verifier([row.algorithm], keys).verify(row.token, now: Example.expires) }
    }
  }

  /// Any single bit changed anywhere.
  @Test(arguments: [SigningAlgorithm.rs256, .ps256, .es256, .es384, .es512, .edDSA])
  func everyBitCounts(algorithm: SigningAlgorithm) throws {
    let key = SigningKey.of(algorithm)
    let token = Array(key.token(algorithm, header: ["kid": "k"]).utf8)
    let verifier = verifier(Self.asymmetric, .set(try keySet(key.jwk(["kid": "k"]))))
    for index in token.indices {
      for bit in 0..<7 {
        var changed = token
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: TokenError.self, "byte \(index) bit \(bit)") {
          _ = try verifier.verify(String(decoding: changed, as: UTF8.self), now: 0)
        }
      }
    }
  }

  /// Bytes changed, taken out, put in, doubled and cut at random: nothing but the token itself passes.
  @Test(arguments: [SigningAlgorithm.hs256, .rs256, .es256, .edDSA], [1, 2, 3] as [UInt64])
  func nothingElsePasses(algorithm: SigningAlgorithm, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let secret = Array("0123456789abcdef0123456789abcdef".utf8)
    let key = SigningKey.of(algorithm)
    let token = Array((algorithm == .hs256 ? JSONWebToken.sign(["sub": "u"], secret: secret) : key.token(algorithm)).utf8)
    let verifier = verifier([algorithm], algorithm == .hs256 ? .secret(secret) : .publicKey(try key.publicKey))
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0".utf8)
    for round in 0..<300 {
      var changed = token
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: 0..<changed.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: changed[index] = alphabet.randomElement(using: &random) ?? 0
        case 1: changed.remove(at: index)
        case 2: changed.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
        case 3: changed.insert(contentsOf: changed[index...].prefix(8), at: index)
        default: changed.removeLast(min(changed.count - 1, Int.random(in: 1...4, using: &random)))
        }
      }
      guard changed != token else { continue }
      #expect(throws: TokenError.self, "seed \(seed) round \(round)") {
        _ = try verifier.verify(String(decoding: changed, as: UTF8.self), now: 0)
      }
    }
  }

  /// RFC 8725 section 2.1: everybody has the public key, so its text must never be the secret of an HS signature.
  @Test(arguments: [SigningKey.rsa, .p256, .ed25519])
  func aPublicKeyIsNoSecret(key: SigningKey) throws {
    let forms = [Array(key.pem().utf8), Array(key.pem().utf8.dropLast()), key.information, JSONValue.object(key.jwk()).serialize()]
    let set = try keySet(key.jwk(["kid": "k"]))
    for secret in forms {
      for (hash, algorithm) in JSONWebTokenTests.hashes {
        let token = JSONWebToken.sign(["sub": "u"], secret: secret, hash: hash)
        for keys in [.publicKey(try key.publicKey), .set(set)] as [VerificationKeys] {
          #expect(throws: TokenError.algorithmNotAllowed(algorithm.rawValue)) {
            _ = try verifier(SigningAlgorithm.allCases, keys).verify(token, now: 0)
          }
        }
      }
    }
  }

  @Test func aSecretIsNoPublicKey() throws {
    let pem = Array(SigningKey.rsa.pem().utf8)
    for algorithm in Self.asymmetric {
      #expect(throws: TokenError.algorithmNotAllowed(algorithm.rawValue)) {
        _ = try verifier(SigningAlgorithm.allCases, .secret(pem)).verify(SigningKey.of(algorithm).token(algorithm), now: 0)
      }
    }
  }

  @Test func keysThatComeWithTheCall() throws {
    let open = JSONWebToken.Verifier(algorithms: [.es256, .hs256], keys: nil)
    let token = try open.parse(SigningKey.p256.token(.es256))
    #expect(throws: TokenError.badSignature) { _ = try open.verify(SigningKey.p256.token(.es256), now: 0) }
    #expect(try open.verify(token, keys: .publicKey(SigningKey.p256.publicKey), now: 0).subject == "u")
    #expect(throws: TokenError.algorithmNotAllowed("HS256")) { _ = try open.parse(JSONWebToken.sign(["sub": "u"], secret: [1])) }
    #expect(throws: TokenError.algorithmNotAllowed("ES256")) { _ = try open.verify(token, keys: .secret([1]), now: 0) }
  }

  @Test func theNamedKeyAloneCounts() throws {
    let mine = SigningKey.p256
    let other = SigningKey(.p256)
    let set = VerificationKeys.set(try keySet(mine.jwk(["kid": "mine"]), other.jwk(["kid": "other"])))
    let verifier = verifier([.es256], set, issuer: "https://mine.example")
    let claims: JSONValue = ["iss": "https://mine.example", "sub": "u"]
    #expect(try verifier.verify(mine.token(.es256, header: ["kid": "mine"], claims), now: 0).subject == "u")
    #expect(throws: TokenError.badSignature) { _ = try verifier.verify(other.token(.es256, header: ["kid": "mine"], claims), now: 0) }
    #expect(throws: TokenError.missingKeyID) { _ = try verifier.verify(mine.token(.es256, claims), now: 0) }
    // Another issuer's key, by its name there; and another issuer's token, under a name that is known here.
    let stranger = SigningKey(.p256)
    #expect(throws: TokenError.unknownKey("theirs")) {
      _ = try verifier.verify(stranger.token(.es256, header: ["kid": "theirs"], claims), now: 0)
    }
    #expect(throws: TokenError.badSignature) { _ = try verifier.verify(stranger.token(.es256, header: ["kid": "mine"], claims), now: 0) }
    #expect(throws: TokenError.wrongIssuer) {
      _ = try verifier.verify(mine.token(.es256, header: ["kid": "mine"], ["iss": "https://theirs.example"]), now: 0)
    }
  }

  /// A signature in DER, one of another curve under this one's name, and a key that the token brings itself.
  @Test func otherForgeries() throws {
    let token = SigningKey.p256.token(.es256)
    let input = token.split(separator: ".").dropLast().joined(separator: ".")
    let verifier = verifier(Self.asymmetric, .publicKey(try SigningKey.p256.publicKey))
    let der = Base64URL.encode(SigningKey.p256.rawSignature(of: Array(input.utf8), .es256))
    #expect(throws: TokenError.badSignature) { _ = try verifier.verify("\(input).\(der)", now: 0) }
    let bigger = Base64URL.encode(SigningKey.p384.signature(of: Array(input.utf8), .es384))
    #expect(throws: TokenError.badSignature) { _ = try verifier.verify("\(input).\(bigger)", now: 0) }
    #expect(throws: TokenError.algorithmNotAllowed("ES384")) { _ = try verifier.verify(SigningKey.p384.token(.es384), now: 0) }
    let own = SigningKey(.p256)
    #expect(throws: TokenError.badSignature) {
      _ = try verifier.verify(own.token(.es256, header: ["jwk": .object(own.jwk())]), now: 0)
    }
    // CVE-2022-21449: a signature of zeros.
    let zeros = Base64URL.encode([UInt8](repeating: 0, count: 64))
    #expect(throws: TokenError.badSignature) { _ = try verifier.verify("\(input).\(zeros)", now: 0) }
  }
}
