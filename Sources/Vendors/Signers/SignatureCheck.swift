/// What a vendor says of a signature: nothing where it is good.
struct SignatureCheck: Sendable {
  let rules: SignedURL
  /// Nil where any signature will do that is whole and in time.
  let credential: SigningCredential?
  /// Seconds since 1970.
  let unixTime: Int

  /// Whether the request is signed at all, or was meant to be.
  func isPresent(in query: Query) -> Bool { query.contains(rules.signer.idParameter) }

  /// What is wrong; nil where nothing is. Never holds a secret.
  func problem(_ request: ClientRequest) -> String? {
    let names = rules.signer.parameters.filter { $0 != "X-Amz-Security-Token" }
    if let name = names.first(where: { request.query.values($0).count != 1 }) {
      let count = request.query.values(name).count
      return count == 0 ? "the signature is missing; expected parameter \(name)" : "parameter \(name) is there \(count) times"
    }
    guard let host = request.header("Host"), let url = try? UpstreamURL("wss://\(host)\(request.rest)") else {
      return "header Host is missing, which the signature covers"
    }
    // A very short one is part of other words by chance.
    if let key = credential?[rules.signer.fields.key], key.utf8.count >= 8, Self.texts(request).contains(where: { $0.contains(key) }) {
      return "the key itself was sent"
    }
    var signed = url
    signed.query = request.query
    switch rules.signer {
    case .sigV4: return sigV4(signed)
    case .hmacQuery: return hmacQuery(signed)
    case .hmacRequestLine: return hmacRequestLine(signed)
    }
  }

  private func sigV4(_ url: UpstreamURL) -> String? {
    let query = url.query
    guard query["X-Amz-Algorithm"] == SigV4.algorithm else { return "X-Amz-Algorithm is not \(SigV4.algorithm)" }
    guard query["X-Amz-SignedHeaders"] == "host" else { return "X-Amz-SignedHeaders is not host" }
    let scope = (query[SigV4.credential] ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard scope.count == 5, scope[4] == "aws4_request", scope[3] == rules.service else {
      return "X-Amz-Credential is not id/date/region/\(rules.service ?? "")/aws4_request"
    }
    guard let time = query["X-Amz-Date"].flatMap({ UTCTime.unixTime(basic: $0) }), UTCTime(time).basicDate == scope[1] else {
      return "X-Amz-Date is no time, or not that of X-Amz-Credential"
    }
    // The longest for which a WebSocket's URL may be good: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
    guard let expires = query["X-Amz-Expires"].flatMap({ Int($0) }), (1...SignedURL.usualExpiry).contains(expires) else {
      return "X-Amz-Expires is not 1 to \(SignedURL.usualExpiry)"
    }
    guard (time - SignedURL.usualExpiry...time + expires).contains(unixTime) else { return "the signature has expired" }
    return wrong(url, region: scope[2], unixTime: time, expires: expires)
  }

  private func hmacQuery(_ url: UpstreamURL) -> String? {
    guard let time = url.query["timestamp"].flatMap({ Int($0) }), let end = url.query["expired"].flatMap({ Int($0) }), end > time else {
      return "timestamp and expired are not seconds, one before the other"
    }
    guard let nonce = url.query["nonce"].flatMap({ UInt32($0) }), nonce > 0 else { return "nonce is no positive number" }
    guard unixTime < end else { return "the signature has expired" }
    return wrong(url, unixTime: time, nonce: nonce, expires: end - time)
  }

  private func hmacRequestLine(_ url: UpstreamURL) -> String? {
    guard url.query["host"] == url.authority else { return "host is not that of the request" }
    guard let time = url.query["date"].flatMap({ UTCTime.unixTime(http: $0) }) else { return "date is no date of RFC 1123" }
    guard abs(unixTime - time) <= HMACRequestLine.tolerance else { return "date is more than 300 s off" }
    return wrong(url, unixTime: time)
  }

  /// Whether somebody with the credential would have signed as this was signed.
  private func wrong(_ url: UpstreamURL, region: String = "", unixTime: Int, nonce: UInt32 = 1, expires: Int? = nil) -> String? {
    guard let credential else { return nil }
    let (id, _) = rules.signer.fields
    guard rules.signer.signatory(url.query) == credential[id] else { return "the signature is somebody else's" }
    var rules = rules
    if let expires { rules.expires = .seconds(expires) }
    let expected = rules.sign(url, credential, region: region, unixTime: unixTime, nonce: nonce)
    let isSame = rules.signer.parameters.allSatisfy { expected?.query[$0] == url.query[$0] }
    return isSame ? nil : "the signature is wrong"
  }

  private static func texts(_ request: ClientRequest) -> [String] {
    request.headers.map(\.value) + request.query.items.map(\.value) + request.subprotocols + [request.rest]
  }
}
