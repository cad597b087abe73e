import Tokens

/// A credential that is never sent: with it the URL is signed, as the descriptor says.
public struct SignedURL: Sendable, Equatable {
  public enum Hash: String, Sendable, CaseIterable {
    case sha1, sha256

    func code(of text: String, key: String) -> [UInt8] {
      let (text, key) = (Array(text.utf8), Array(key.utf8))
      return self == .sha1 ? HMAC.sha1(of: text, key: key) : HMAC.code(of: text, key: key)
    }
  }

  public var signer = RequestSigner.sigV4
  /// What AWS calls the service and the region, with `{name}` places.
  public var service: String?
  public var region: TextTemplate?
  public var hash: Hash?
  /// For how long the URL may be used.
  public var expires: Duration?
  /// A field of the credential that the client's first message has to hold as well.
  public var firstMessage: FirstMessage?

  public struct FirstMessage: Sendable, Equatable {
    public var path = ""
    /// `{name}` is a field of the credential, or else a variable of the upstream.
    public var template = TextTemplate("")

    public init() {}
  }

  public init() {}

  static let usualExpiry = 300

  var seconds: Int { expires.map { max(Int($0 / .seconds(1)), 1) } ?? Self.usualExpiry }

  /// The name of a field that the credential lacks; nil where it lacks none.
  func missing(in credential: SigningCredential?) -> String? {
    let (id, key) = signer.fields
    return [id, key].first { credential?[$0] == nil }
  }

  /// The URL, complete but for the signature, with it.
  ///
  /// A pure function of its arguments; they hold all that a signature is made of.
  /// - Returns: nil where a field is `missing`.
  func sign(
    _ url: UpstreamURL, _ credential: SigningCredential, region: String, unixTime: Int, nonce: UInt32
  ) -> UpstreamURL? {
    let (id, key) = signer.fields
    guard let id = credential[id], let key = credential[key] else { return nil }
    switch signer {
    case .sigV4:
      return SigV4(
        accessKeyID: id, secretAccessKey: key, sessionToken: credential["session_token"], region: region, service: service ?? "",
        expires: seconds
      ).signed(url, unixTime: unixTime)
    case .hmacQuery:
      return HMACQuery(secretID: id, secretKey: key, hash: hash ?? .sha256, expires: seconds)
        .signed(url, unixTime: unixTime, nonce: nonce)
    case .hmacRequestLine:
      return HMACRequestLine(apiKey: id, apiSecret: key, hash: hash ?? .sha256).signed(url, unixTime: unixTime)
    }
  }
}
