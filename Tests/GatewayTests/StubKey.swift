import COpenSSL
import JSON
import TestSupport
import Tokens

/// An issuer's Ed25519 key, the same for the same number, that signs tokens.
struct StubKey {
  let name: String
  private let seed: [UInt8]

  init(_ name: String, _ number: UInt8) {
    self.name = name
    seed = [UInt8](repeating: number, count: 32)
  }

  private func withKey<Result>(_ body: (OpaquePointer?) -> Result) -> Result {
    let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
    defer { unsafe EVP_PKEY_free(key) }
    return unsafe body(key)
  }

  private var publicBytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    unsafe withKey { key in
      var count = 32
      unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count)
    }
    return bytes
  }

  /// RFC 8410 section 4: the key behind its fixed prefix.
  var pem: String {
    let information: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + publicBytes
    return "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(information))\n-----END PUBLIC KEY-----\n"
  }

  private var jwk: JSONValue {
    ["kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": .string(name), "x": .string(Base64URL.encode(publicBytes))]
  }

  func token(_ claims: JSONObject) -> String {
    let header: JSONValue = ["alg": "EdDSA", "kid": .string(name)]
    let input = [header, .object(claims)].map { Base64URL.encode($0.serialize()) }.joined(separator: ".")
    var signature = [UInt8](repeating: 0, count: 64)
    unsafe withKey { key in
      let context = unsafe EVP_MD_CTX_new()
      defer { unsafe EVP_MD_CTX_free(context) }
      var count = 64
      unsafe EVP_DigestSignInit(context, nil, nil, nil, key)
      unsafe EVP_DigestSign(context, &signature, &count, Array(input.utf8), input.utf8.count)
    }
    return input + "." + Base64URL.encode(signature)
  }

  /// The document that publishes these keys.
  static func document(_ keys: StubKey...) -> String {
    String(decoding: JSONValue.object(["keys": .array(keys.map(\.jwk))]).serialize(), as: UTF8.self)
  }
}

extension RawListener {
  /// Answers the next request of the gateway's own; returns it.
  @discardableResult
  func answer(_ body: String, status: Int = 200, headers: [(String, String)] = []) throws -> RawConnection.Head {
    let connection = try accept()
    let asked = try connection.head()
    let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    try connection.send("HTTP/1.1 \(status) Status\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    return asked
  }
}
