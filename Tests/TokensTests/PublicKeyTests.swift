import JSON
import TestSupport
import Testing
@testable import Tokens

@Suite struct PublicKeyTests {
  /// RFC 7515 appendices A.2 to A.4, RFC 7520 sections 4.1 to 4.3, RFC 8037 appendix A.4.
  @Test(arguments: StandardSignature.all)
  func signaturesOfTheStandards(row: StandardSignature) throws {
    let key = try JSONWebKey(row.key).key
    #expect(key.verifies(row.signature, of: row.input, algorithm: row.algorithm))
    for other in SigningAlgorithm.allCases where other != row.algorithm {
      #expect(!key.verifies(row.signature, of: row.input, algorithm: other), "\(other)")
    }
    #expect(!key.verifies(row.signature, of: row.input + [0], algorithm: row.algorithm))
    #expect(!key.verifies(Array(row.signature.dropLast()), of: row.input, algorithm: row.algorithm))
    #expect(!key.verifies(row.signature + [0], of: row.input, algorithm: row.algorithm))
    #expect(!key.verifies([0] + row.signature, of: row.input, algorithm: row.algorithm))
    #expect(!key.verifies([], of: row.input, algorithm: row.algorithm))
    #expect(!key.verifies([UInt8](repeating: 0, count: row.signature.count), of: row.input, algorithm: row.algorithm))
    #expect(!key.verifies([UInt8](repeating: 255, count: row.signature.count), of: row.input, algorithm: row.algorithm))
    for index in row.signature.indices {
      var changed = row.signature
      changed[index] ^= 0x10
      #expect(!key.verifies(changed, of: row.input, algorithm: row.algorithm), "byte \(index)")
    }
  }

  static let kinds: [(SigningKey, PublicKey.Kind)] = [
    (.rsa, .rsa(bits: 2048)), (.p256, .p256), (.p384, .p384), (.p521, .p521), (.ed25519, .ed25519),
  ]

  @Test(arguments: kinds)
  func oneKeyInAllItsForms(key: SigningKey, kind: PublicKey.Kind) throws {
    let fromPEM = try key.publicKey
    #expect(fromPEM.kind == kind)
    #expect(try JSONWebKey(key.jwk()).key == fromPEM)
    let text = "Some words before.\n\n" + key.pem().replacing("\n", with: "\r\n")
    #expect(try PublicKey(pem: Array(text.utf8)) == fromPEM)
    let other = try SigningKey(key.kind).publicKey
    #expect(other.kind == kind && other != fromPEM)
  }

  /// An ES signature is two numbers of the field's length, not the DER that most libraries make (RFC 7518 section 3.4).
  @Test(arguments: [(SigningKey.p256, SigningAlgorithm.es256), (.p384, .es384), (.p521, .es512)])
  func ellipticSignaturesHaveOneForm(key: SigningKey, algorithm: SigningAlgorithm) throws {
    let input = Array("a.b".utf8)
    let good = key.signature(of: input, algorithm)
    let publicKey = try key.publicKey
    #expect(publicKey.verifies(good, of: input, algorithm: algorithm))
    #expect(!publicKey.verifies(key.rawSignature(of: input, algorithm), of: input, algorithm: algorithm))
    let half = good.count / 2
    #expect(!publicKey.verifies([0] + good[..<half] + [0] + good[half...], of: input, algorithm: algorithm))
    #expect(!publicKey.verifies(Array(good[half...] + good[..<half]), of: input, algorithm: algorithm))
    #expect(!publicKey.verifies(good[..<half] + [UInt8](repeating: 0, count: half), of: input, algorithm: algorithm))
  }

  @Test func shortHalvesAreFilledWithZeros() throws {
    // With a random nonce, one in 128 signatures has a half that begins with a zero.
    let key = try SigningKey.p256.publicKey
    for index in 0..<600 {
      let input = Array("\(index)".utf8)
      #expect(key.verifies(SigningKey.p256.signature(of: input, .es256), of: input, algorithm: .es256), "signature \(index)")
    }
  }

  static let files: [(String, String, KeyError)] = [
    ("empty", "", .malformed("expected a public key in pem")),
    ("no pem", "hello", .malformed("expected a public key in pem")),
    ("der", String(decoding: SigningKey.p256.information, as: UTF8.self), .malformed("expected a public key in pem")),
    ("cut", String(SigningKey.p256.pem().dropLast(40)), .malformed("expected a public key in pem")),
    ("two keys", SigningKey.p256.pem() + SigningKey.rsa.pem(), .malformed("expected one key in the file, found several")),
    ("other label", SigningKey.p256.pem("CERTIFICATE REQUEST"), .malformed("expected a public key in pem")),
    ("private label", SigningKey.p256.pem("EC PRIVATE KEY"), .privateKey),
    ("any private label", SigningKey.p256.pem("PRIVATE KEY"), .privateKey),
    ("no certificate", SigningKey.p256.pem("CERTIFICATE"), .malformed("expected a usable certificate")),
    (
      "bytes after the key", SigningKey.p256.pem("PUBLIC KEY", SigningKey.p256.information + [0]),
      .malformed("expected a usable public key in pem")
    ),
    (
      "bytes missing", SigningKey.p256.pem("PUBLIC KEY", SigningKey.p256.information.dropLast()),
      .malformed("expected a usable public key in pem")
    ),
    ("huge", String(repeating: "x", count: 65_537), .tooLarge(limit: 65_536)),
    ("short rsa", SigningKey(.rsa, bits: 1024).pem(), .tooWeak(bits: 1024)),
  ]

  @Test(arguments: files)
  func filesThatAreNoKey(name: String, text: String, error: KeyError) {
    #expect(throws: error, "\(name)") { _ = try PublicKey(pem: Array(text.utf8)) }
  }

  @Test func rsaKeysAndCertificatesAreRead() throws {
    let pkcs1 = SigningKey.rsa.information.dropFirst(24)
    #expect(try PublicKey(pem: Array(SigningKey.rsa.pem("RSA PUBLIC KEY", Array(pkcs1)).utf8)) == SigningKey.rsa.publicKey)
    let folder = CertificateFolder.shared
    #expect(try PublicKey(pem: read(folder.file("alice.pem"))).kind == .p256)
    #expect(throws: KeyError.privateKey) { _ = try PublicKey(pem: read(folder.file("alice.key"))) }
  }

  private func read(_ path: String) throws -> [UInt8] {
    let child = try ChildProcess(["cat", path])
    _ = try child.finish()
    return Array(child.text.utf8)
  }

  /// The point (1, 1) is on none of the curves; a point of one is on no other.
  @Test func pointsOffTheCurve() throws {
    for (curve, size) in [(PublicKey.Kind.p256, 32), (.p384, 48), (.p521, 66)] {
      let one = [UInt8](repeating: 0, count: size - 1) + [1]
      let zero = [UInt8](repeating: 0, count: size)
      let most = [UInt8](repeating: 255, count: size)
      for (x, y) in [(one, one), (zero, zero), (most, most)] {
        #expect(throws: KeyError.invalidPoint) { _ = try PublicKey(curve: curve, x: x, y: y) }
      }
      #expect(throws: KeyError.malformed("expected coordinates of \(size) bytes")) {
        _ = try PublicKey(curve: curve, x: [0] + one, y: one)
      }
    }
    #expect(throws: KeyError.unsupported("expected curve P-256, P-384 or P-521")) { _ = try PublicKey(curve: .ed25519, x: [], y: []) }
    #expect(throws: KeyError.malformed("expected 32 bytes")) { _ = try PublicKey(ed25519: [UInt8](repeating: 9, count: 31)) }
  }

  /// A curve that OpenSSL knows and JWA does not.
  @Test func otherKindsOfKeys() {
    // id-X25519 (RFC 8410) and secp256k1's generator.
    let x25519 = DER.sequence(DER.sequence(DER.identifier([0x2B, 0x65, 0x6E])), DER.bitString([UInt8](repeating: 9, count: 32)))
    #expect(throws: KeyError.unsupported("expected rsa, a curve of nist or ed25519")) {
      _ = try PublicKey(pem: Array(SigningKey.p256.pem("PUBLIC KEY", x25519).utf8))
    }
    let generator = Base64URL.decode("BHm-Zn753LusVaBilc6HCwcCm_zbLc4o2VnygVsW-BeYSDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj_sQ1Lg") ?? []
    let k1 = DER.sequence(
      DER.sequence(DER.identifier([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]), DER.identifier([0x2B, 0x81, 0x04, 0x00, 0x0A])),
      DER.bitString(generator))
    #expect(throws: KeyError.unsupported("expected curve P-256, P-384 or P-521")) {
      _ = try PublicKey(pem: Array(SigningKey.p256.pem("PUBLIC KEY", k1).utf8))
    }
  }

  @Test func exponentsThatAreNone() throws {
    let modulus = try #require(SigningKey.rsa.jwk()["n"]?.stringValue.flatMap { Base64URL.decode($0) })
    for exponent in [[1], [2], [0], [1, 0, 0], [1] + [UInt8](repeating: 1, count: 8)] as [[UInt8]] {
      #expect(throws: KeyError.malformed("expected an odd rsa exponent between 3 and 64 bits"), "\(exponent)") {
        _ = try PublicKey(rsaModulus: modulus, exponent: exponent)
      }
    }
    #expect(try PublicKey(rsaModulus: [0] + modulus, exponent: [3]).kind == .rsa(bits: 2048))
    #expect(throws: KeyError.tooWeak(bits: 2040)) { _ = try PublicKey(rsaModulus: Array(modulus.dropLast()), exponent: [3]) }
    #expect(throws: KeyError.unsupported("rsa of more than 8192 bits")) {
      _ = try PublicKey(rsaModulus: [UInt8](repeating: 255, count: 1025), exponent: [3])
    }
    #expect(throws: KeyError.malformed("expected an rsa modulus and exponent")) {
      _ = try PublicKey(rsaModulus: [UInt8](repeating: 255, count: 100_000), exponent: [3])
    }
  }
}
