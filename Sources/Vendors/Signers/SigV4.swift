import Tokens

/// AWS Signature Version 4 in the query of a WebSocket's URL.
///
/// Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, and for WebSockets
/// https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
struct SigV4: Sendable, Equatable {
  static let algorithm = "AWS4-HMAC-SHA256"
  static let credential = "X-Amz-Credential"
  static let signature = "X-Amz-Signature"
  static let parameters = [
    "X-Amz-Algorithm", credential, "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-SignedHeaders", signature,
  ]

  var accessKeyID: String
  var secretAccessKey: String
  var sessionToken: String?
  var region: String
  var service: String
  /// Seconds for which the URL may be used.
  var expires: Int

  /// The URL with the signature in its query. Every item is written as it was signed.
  /// - Parameter unixTime: seconds since 1970.
  func signed(_ url: UpstreamURL, unixTime: Int) -> UpstreamURL {
    let time = UTCTime(unixTime)
    var url = url
    for name in Self.parameters { url.query.remove(name) }
    url.query = Query(url.query.items.map { ($0.name, $0.value) })
    url.query.set("X-Amz-Algorithm", Self.algorithm)
    url.query.set(Self.credential, "\(accessKeyID)/\(scope(time))")
    url.query.set("X-Amz-Date", time.basic)
    url.query.set("X-Amz-Expires", "\(expires)")
    if let sessionToken { url.query.set("X-Amz-Security-Token", sessionToken) }
    url.query.set("X-Amz-SignedHeaders", "host")
    url.query.set(Self.signature, signature(Self.canonicalRequest(url), time))
    return url
  }

  private func scope(_ time: UTCTime) -> String { "\(time.basicDate)/\(region)/\(service)/aws4_request" }

  /// A WebSocket's opening is a GET with nothing in its body, and of its headers only the host is certain to arrive as it was sent.
  static func canonicalRequest(_ url: UpstreamURL) -> String {
    let path = url.path.split(separator: "/", omittingEmptySubsequences: false).map { Percent.encode($0) }.joined(separator: "/")
    let query = url.query.items.map { (Percent.encode($0.name), Percent.encode($0.value)) }.sorted { $0 < $1 }
    let pairs = query.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    return "GET\n\(path)\n\(pairs)\nhost:\(url.authority)\n\nhost\n\(SHA256.hex(""))"
  }

  private func signature(_ request: String, _ time: UTCTime) -> String {
    let text = "\(Self.algorithm)\n\(time.basic)\n\(scope(time))\n\(SHA256.hex(request))"
    let key = [time.basicDate, region, service, "aws4_request"].reduce(Array("AWS4\(secretAccessKey)".utf8)) { key, part in
      HMAC.code(of: Array(part.utf8), key: key)
    }
    return HMAC.code(of: Array(text.utf8), key: key).map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0\(text)" : text
    }.joined()
  }

  /// The access key's id: the first part of the credential's scope.
  static func signatory(_ query: Query) -> String? {
    query[credential].flatMap { $0.split(separator: "/").first }.map(String.init)
  }
}
