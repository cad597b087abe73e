import JSON

/// The keys that an issuer signs with (RFC 7517 section 5).
public struct JSONWebKeySet: Sendable, Equatable {
  /// Real sets have 1 to 10 keys, at most a few KB each with their certificates.
  public static let defaultMaximumBytes = 256 << 10
  public static let defaultMaximumKeys = 100

  /// One that is in the set and not used.
  public struct Ignored: Sendable, Equatable {
    /// Its place in the set, from 0.
    public let index: Int
    public let reason: KeyError
  }

  /// Those that verify signatures, in the order of the text; at least one.
  public let keys: [JSONWebKey]
  public let ignored: [Ignored]

  /// RFC 7517 section 5: keys of other kinds and uses, or with values that are not acceptable, are ignored; the text itself must be right.
  ///
  /// - Throws: `.malformed` for what is no set, `.tooLarge`, `.tooManyKeys`, `.duplicateKeyID` and `.noKeys`.
  public init(
    parsing bytes: [UInt8], maximumBytes: Int = defaultMaximumBytes, maximumKeys: Int = defaultMaximumKeys
  ) throws(KeyError) {
    guard bytes.count <= maximumBytes else { throw .tooLarge(limit: maximumBytes) }
    let value: JSONValue
    do { value = try JSONValue.parse(bytes, maxDepth: 16, maxBytes: maximumBytes) } catch {
      if case .duplicateMember = error.kind { throw .malformed("expected no duplicate members") }
      throw .malformed("expected json")
    }
    guard let elements = value["keys"]?.arrayValue else { throw .malformed("expected an object with a list of \"keys\"") }
    guard elements.count <= maximumKeys else { throw .tooManyKeys(limit: maximumKeys) }
    var keys: [JSONWebKey] = []
    var ignored: [Ignored] = []
    for (index, element) in elements.enumerated() {
      guard let object = element.objectValue else { throw .malformed("expected every key to be an object") }
      do throws(KeyError) { keys.append(try JSONWebKey(object)) } catch { ignored.append(Ignored(index: index, reason: error)) }
    }
    try self.init(keys, ignored: ignored)
  }

  public init(_ keys: [JSONWebKey], ignored: [Ignored] = []) throws(KeyError) {
    guard !keys.isEmpty else { throw .noKeys }
    // RFC 7517 section 4.5 lets keys that are alternatives to each other share a name; which of two equals signed is not for us to guess.
    for (index, key) in keys.enumerated() where key.keyID != nil {
      let isAmbiguous = keys[..<index].contains { other in
        Self.same(other.keyID, key.keyID) && SigningAlgorithm.allCases.contains { other.serves($0) && key.serves($0) }
      }
      if isAmbiguous { throw .duplicateKeyID }
    }
    self.keys = keys
    self.ignored = ignored
  }

  /// Whether a key has this name.
  public func contains(_ keyID: String) -> Bool { keys.contains { Self.same($0.keyID, keyID) } }

  /// The key that the header of a token chooses.
  ///
  /// - Throws: `.unknownKey` when no key has that name, so that a caller can look for newer keys; `.missingKeyID` when the token names none
  ///   and there are several; `.algorithmNotAllowed` when the key is for another algorithm.
  func key(for keyID: String?, algorithm: SigningAlgorithm) throws(TokenError) -> PublicKey {
    var candidates = keys
    if let keyID {
      candidates = keys.filter { Self.same($0.keyID, keyID) }
      if candidates.isEmpty { throw .unknownKey(keyID) }
    } else if keys.count > 1 {
      throw .missingKeyID
    }
    guard let key = candidates.first(where: { $0.serves(algorithm) }) else { throw .algorithmNotAllowed(algorithm.rawValue) }
    return key.key
  }

  /// Byte by byte: Swift's own equality lets canonically equivalent names pass.
  private static func same(_ a: String?, _ b: String?) -> Bool {
    guard let a, let b else { return false }
    return a.utf8.elementsEqual(b.utf8)
  }
}
