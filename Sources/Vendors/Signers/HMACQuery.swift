import JSON

/// HMAC over host, path and the query in the order of its names.
///
/// Rules: https://cloud.tencent.com/document/product/1093/48982
struct HMACQuery: Sendable, Equatable {
  static let secretID = "secretid"
  static let signature = "signature"
  static let parameters = [secretID, "timestamp", "expired", "nonce", signature]

  var secretID: String
  var secretKey: String
  var hash: SignedURL.Hash
  /// Seconds for which the URL may be used.
  var expires: Int

  /// - Parameters:
  ///   - unixTime: seconds since 1970.
  ///   - nonce: any number that was not used lately; it has at most ten digits.
  func signed(_ url: UpstreamURL, unixTime: Int, nonce: UInt32) -> UpstreamURL {
    var url = url
    for name in Self.parameters { url.query.remove(name) }
    url.query.set(Self.secretID, secretID)
    url.query.set("timestamp", "\(unixTime)")
    url.query.set("expired", "\(unixTime + expires)")
    url.query.set("nonce", "\(max(nonce, 1))")
    url.query.set(Self.signature, signature(of: url))
    return url
  }

  /// Of everything but the signature itself, which is in the URL or not; values count as they are, not as a URL writes them.
  func signature(of url: UpstreamURL) -> String {
    let items = url.query.items.filter { $0.name != Self.signature }.map { ($0.name, $0.value) }.sorted { $0 < $1 }
    let text = "\(url.authority)\(url.path)?\(items.map { "\($0.0)=\($0.1)" }.joined(separator: "&"))"
    return Base64.encode(hash.code(of: text, key: secretKey))
  }
}
