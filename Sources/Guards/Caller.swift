import Tokens

/// Who a credential says is calling.
public struct Caller: Sendable, Equatable {
  /// The subject that limits and records name.
  public let subject: String
  /// Which method accepted the credential, such as `jwt`.
  public let method: String
  /// The tier that the credential names, if it does.
  public let tier: String?
  /// The routes that the credential is good for; nil is all.
  public let routes: [String]?
  /// Unix seconds after which the credential is no good any more; nil is never.
  public let expiresAt: Int64?
  /// The API key that it has, or had when it fetched its session token: two keys of one subject are counted apart.
  public let apiKey: Fingerprint?

  public init(
    subject: String, method: String, tier: String? = nil, routes: [String]? = nil, expiresAt: Int64? = nil, apiKey: Fingerprint? = nil
  ) {
    self.subject = subject
    self.method = method
    self.tier = tier
    self.routes = routes
    self.expiresAt = expiresAt
    self.apiKey = apiKey
  }
}
