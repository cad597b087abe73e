import JSON

/// A token in compact form (RFC 7515 section 7.1), taken apart and not yet believed: `Verifier` decides.
public struct JSONWebToken: Sendable {
  /// Longer ones are refused unread; real tokens are 0.3 to 4 KB.
  public static let defaultMaximumBytes = 8192

  let header: JSONObject
  let payload: JSONObject
  /// Header and payload as they were signed.
  let signingInput: [UInt8]
  let signature: [UInt8]

  /// The header's `alg` as written.
  public let algorithmName: String
  /// The header's `kid`, which chooses a key of a set.
  public let keyID: String?

  /// - Throws: `.tooLarge`, `.malformed` or `.unsupportedCritical`.
  public init(parsing token: String, maximumBytes: Int = defaultMaximumBytes) throws(TokenError) {
    let bytes = Array(token.utf8)
    guard bytes.count <= maximumBytes else { throw .tooLarge(limit: maximumBytes) }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed("expected three parts") }
    header = try JSONWebToken.object(parts[0], "header")
    payload = try JSONWebToken.object(parts[1], "claims")
    guard let signature = Base64URL.decode(parts[2]) else { throw .malformed("signature: expected base64url without padding") }
    self.signature = signature
    signingInput = Array(bytes[..<(parts[0].count + 1 + parts[1].count)])

    guard let algorithm = header["alg"]?.stringValue else { throw .malformed("header: expected \"alg\" to be a string") }
    algorithmName = algorithm
    switch header["kid"] {
    case nil: keyID = nil
    case .string(let text): keyID = text
    default: throw .malformed("header: expected \"kid\" to be a string")
    }
    // No extension is implemented, so whatever a well-formed list demands is not understood (RFC 7515 section 4.1.11).
    if let critical = header["crit"] {
      guard let names = critical.arrayValue, !names.isEmpty, names.allSatisfy({ $0.stringValue != nil }) else {
        throw .malformed("header: expected \"crit\" to be a list of names")
      }
      throw .unsupportedCritical
    }
  }

  private static func object(_ part: ArraySlice<UInt8>, _ name: String) throws(TokenError) -> JSONObject {
    guard let bytes = Base64URL.decode(part) else { throw .malformed("\(name): expected base64url without padding") }
    let value: JSONValue
    do { value = try JSONValue.parse(bytes, maxDepth: 16) } catch {
      // The kind only: the error's own text may repeat a member's name.
      if case .duplicateMember = error.kind { throw .malformed("\(name): expected no duplicate members") }
      throw .malformed("\(name): expected json")
    }
    guard let object = value.objectValue else { throw .malformed("\(name): expected a json object") }
    return object
  }

  /// Makes a token signed with a shared secret (HS256, HS384 or HS512 by the hash), for development and tests.
  public static func sign(_ claims: JSONValue, secret: [UInt8], hash: HMAC.Hash = .sha256) -> String {
    let algorithm: SigningAlgorithm =
      switch hash {
      case .sha256: .hs256
      case .sha384: .hs384
      case .sha512: .hs512
      }
    let header: JSONValue = ["alg": .string(algorithm.rawValue), "typ": "JWT"]
    let input = Base64URL.encode(header.serialize()) + "." + Base64URL.encode(claims.serialize())
    return input + "." + Base64URL.encode(HMAC.code(of: Array(input.utf8), key: secret, hash: hash))
  }
}

extension JSONWebToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "json web token" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
