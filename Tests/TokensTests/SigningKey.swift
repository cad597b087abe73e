import COpenSSL
import JSON
@testable import Tokens

/// A private key made for a test, which signs tokens as an issuer does.
final class SigningKey: Sendable {
  enum Kind: Sendable, CaseIterable { case rsa, p256, p384, p521, ed25519 }

  let kind: Kind
  private let key: EVPKey

  /// One per kind for all tests: RSA keys take their time.
  static let rsa = SigningKey(.rsa)
  static let p256 = SigningKey(.p256)
  static let p384 = SigningKey(.p384)
  static let p521 = SigningKey(.p521)
  static let ed25519 = SigningKey(.ed25519)

  static func of(_ algorithm: SigningAlgorithm) -> SigningKey {
    switch algorithm {
    case .es256: .p256
    case .es384: .p384
    case .es512: .p521
    case .edDSA: .ed25519
    default: .rsa
    }
  }

  init(_ kind: Kind, bits: Int32 = 2048) {
    self.kind = kind
    let type = kind == .rsa ? EVP_PKEY_RSA : kind == .ed25519 ? EVP_PKEY_ED25519 : EVP_PKEY_EC
    let context = unsafe EVP_PKEY_CTX_new_id(type, nil)
    defer { unsafe EVP_PKEY_CTX_free(context) }
    unsafe EVP_PKEY_keygen_init(context)
    switch kind {
    case .rsa: unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits)
    case .p256: unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
    case .p384: unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_secp384r1)
    case .p521: unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_secp521r1)
    case .ed25519: break
    }
    var made: OpaquePointer?
    unsafe EVP_PKEY_keygen(context, &made)
    guard let made = unsafe made else { fatalError("openssl makes no key") }
    key = unsafe EVPKey(adopting: made)
  }

  /// SubjectPublicKeyInfo.
  var information: [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = unsafe i2d_PUBKEY(key.pointer, &start)
    defer { unsafe CRYPTO_free(start, "", 0) }
    return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  func pem(_ label: String = "PUBLIC KEY", _ bytes: [UInt8]? = nil) -> String {
    let text = Base64.encode(bytes ?? information)
    let lines = stride(from: 0, to: text.utf8.count, by: 64).map { offset in String(text.dropFirst(offset).prefix(64)) }
    return "-----BEGIN \(label)-----\n\(lines.joined(separator: "\n"))\n-----END \(label)-----\n"
  }

  var publicKey: PublicKey {
    get throws { try PublicKey(pem: Array(pem().utf8)) }
  }

  /// The public half as a JSON Web Key.
  func jwk(_ more: JSONObject = [:]) -> JSONObject {
    var object: JSONObject = [:]
    let information = information
    switch kind {
    case .rsa:
      object = ["kty": "RSA", "n": .string(Base64URL.encode(number("n"))), "e": .string(Base64URL.encode(number("e")))]
    case .p256, .p384, .p521:
      let (curve, size) = kind == .p256 ? ("P-256", 32) : kind == .p384 ? ("P-384", 48) : ("P-521", 66)
      object = [
        "kty": "EC", "crv": .string(curve), "x": .string(Base64URL.encode(information.suffix(2 * size).prefix(size))),
        "y": .string(Base64URL.encode(information.suffix(size))),
      ]
    case .ed25519: object = ["kty": "OKP", "crv": "Ed25519", "x": .string(Base64URL.encode(information.suffix(32)))]
    }
    for member in more { object[member.name] = member.value }
    return object
  }

  private func number(_ name: String) -> [UInt8] {
    var number: OpaquePointer?
    defer { unsafe BN_free(number) }
    unsafe EVP_PKEY_get_bn_param(key.pointer, name, &number)
    var bytes = [UInt8](repeating: 0, count: unsafe Int(BN_num_bits(number) + 7) / 8)
    unsafe BN_bn2bin(number, &bytes)
    return bytes
  }

  /// The signature as OpenSSL makes it: of ECDSA in DER.
  func rawSignature(of input: [UInt8], _ algorithm: SigningAlgorithm) -> [UInt8] {
    let context = unsafe EVP_MD_CTX_new()
    defer { unsafe EVP_MD_CTX_free(context) }
    var details: OpaquePointer?
    unsafe EVP_DigestSignInit(context, &details, algorithm.hash?.digest, nil, key.pointer)
    if algorithm.scheme == .pss {
      unsafe EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING)
      unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST)
    }
    var count = 0
    unsafe EVP_DigestSign(context, nil, &count, input, input.count)
    var signature = [UInt8](repeating: 0, count: count)
    unsafe EVP_DigestSign(context, &signature, &count, input, input.count)
    return Array(signature[..<count])
  }

  func signature(of input: [UInt8], _ algorithm: SigningAlgorithm) -> [UInt8] {
    let raw = rawSignature(of: input, algorithm)
    guard algorithm.scheme == .ecdsa else { return raw }
    let size = kind == .p256 ? 32 : kind == .p384 ? 48 : 66
    var rest = raw.dropFirst(raw[1] & 0x80 == 0 ? 2 : 3)
    var halves: [UInt8] = []
    for _ in 0..<2 {
      let length = Int(rest[rest.startIndex + 1])
      let number = rest.dropFirst(2).prefix(length).drop { $0 == 0 }
      halves += [UInt8](repeating: 0, count: size - number.count) + number
      rest = rest.dropFirst(2 + length)
    }
    return halves
  }

  /// A token of this key.
  func token(_ algorithm: SigningAlgorithm, header: JSONObject = [:], _ claims: JSONValue = ["sub": "u"]) -> String {
    var object: JSONObject = ["alg": .string(algorithm.rawValue)]
    for member in header { object[member.name] = member.value }
    let input = Base64URL.encode(JSONValue.object(object).serialize()) + "." + Base64URL.encode(claims.serialize())
    return input + "." + Base64URL.encode(signature(of: Array(input.utf8), algorithm))
  }
}

func keySet(_ keys: JSONObject...) throws -> JSONWebKeySet {
  try JSONWebKeySet(parsing: JSONValue.object(["keys": .array(keys.map { .object($0) })]).serialize())
}
