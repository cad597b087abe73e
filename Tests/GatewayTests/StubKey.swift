import JSON
import TestSupport
import Tokens

/// An issuer's Ed25519 key, the same for the same number, that signs tokens.
struct StubKey {
  let name: String
  private let key: Ed25519Key

  init(_ name: String, _ number: UInt8) {
    self.name = name
    key = Ed25519Key(number)
  }

  /// RFC 8410 section 4: the key behind its fixed prefix.
  var pem: String {
    let information: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + key.publicBytes
    return "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(information))\n-----END PUBLIC KEY-----\n"
  }

  private var jwk: JSONValue {
    ["kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": .string(name), "x": .string(Base64URL.encode(key.publicBytes))]
  }

  func token(_ claims: JSONObject) -> String {
    let header: JSONValue = ["alg": "EdDSA", "kid": .string(name)]
    let input = [header, .object(claims)].map { Base64URL.encode($0.serialize()) }.joined(separator: ".")
    return input + "." + Base64URL.encode(key.sign(input))
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
