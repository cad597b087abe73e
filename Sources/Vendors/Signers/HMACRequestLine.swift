import JSON

/// HMAC over host, date and request line.
///
/// Rules: https://www.xfyun.cn/doc/asr/voicedictation/API.html
struct HMACRequestLine: Sendable, Equatable {
  static let authorization = "authorization"
  static let parameters = [authorization, "date", "host"]
  /// How far the date may be from the vendor's own, in seconds.
  static let tolerance = 300

  var apiKey: String
  var apiSecret: String
  var hash: SignedURL.Hash

  /// - Parameter unixTime: seconds since 1970.
  func signed(_ url: UpstreamURL, unixTime: Int) -> UpstreamURL {
    let date = UTCTime(unixTime).http
    var url = url
    url.query.set(Self.authorization, authorization(url, date: date))
    url.query.set("date", date)
    url.query.set("host", url.authority)
    return url
  }

  private func authorization(_ url: UpstreamURL, date: String) -> String {
    let text = "host: \(url.authority)\ndate: \(date)\nGET \(url.path) HTTP/1.1"
    let signature = Base64.encode(hash.code(of: text, key: apiSecret))
    let parts = [
      ("api_key", apiKey), ("algorithm", "hmac-\(hash.rawValue)"), ("headers", "host date request-line"), ("signature", signature),
    ]
    return Base64.encode(Array(parts.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ", ").utf8))
  }

  /// The API key that the authorization names.
  static func signatory(_ query: Query) -> String? {
    guard let bytes = query[authorization].flatMap({ Base64.decode($0) }) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let start = text.firstRange(of: "api_key=\"")?.upperBound else { return nil }
    let key = text[start...].prefix { $0 != "\"" }
    return key.isEmpty ? nil : String(key)
  }
}
