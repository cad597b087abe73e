import Configuration
import Synchronization
import Tokens

/// Accepts the keys of a file.
public final class APIKeyGuard: CredentialGuard {
  public let method = "api_key"
  public let places: Set<CredentialPlace>?
  /// Nobody's key is longer, and hashing takes time by length.
  private static let maximumBytes = 1024

  private let keys: Mutex<APIKeySet>

  /// - Parameter places: where the key may come from; nil is anywhere.
  public init(_ keys: APIKeySet, places: Set<CredentialPlace>? = nil) {
    self.keys = Mutex(keys)
    self.places = places
  }

  /// From now on these keys count: the file has changed. Sessions that are open stay open.
  public func replace(_ keys: APIKeySet) {
    self.keys.withLock { $0 = keys }
  }

  public func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller {
    guard credential.utf8.count <= Self.maximumBytes else { throw CredentialError("malformed") }
    let keys = self.keys.withLock { $0 }
    guard let key = keys.key(for: credential) else { throw CredentialError("unknown_key") }
    if let expiresAt = key.expiresAt, now.unixSeconds >= expiresAt { throw CredentialError("expired") }
    return Caller(
      subject: key.subject, method: method, tier: key.tier, routes: key.routes, expiresAt: key.expiresAt, apiKey: key.fingerprint)
  }
}
