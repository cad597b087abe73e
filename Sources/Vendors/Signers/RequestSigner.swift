/// How a request is signed: the forms that take code.
public enum RequestSigner: String, Sendable, CaseIterable {
  /// AWS Signature Version 4, in the query.
  case sigV4 = "sigv4"
  /// HMAC over host, path and the query in the order of its names, as Tencent Cloud's speech services want it.
  case hmacQuery = "hmac_query"
  /// HMAC over host, date and request line, as iFlytek's services want it.
  case hmacRequestLine = "hmac_request_line"

  /// The credential's fields without which there is no signature: who signs, and the key.
  public var fields: (id: String, key: String) {
    switch self {
    case .sigV4: ("access_key_id", "secret_access_key")
    case .hmacQuery: ("secret_id", "secret_key")
    case .hmacRequestLine: ("api_key", "api_secret")
    }
  }

  /// The parameters that a signature consists of.
  var parameters: [String] {
    switch self {
    case .sigV4: SigV4.parameters
    case .hmacQuery: HMACQuery.parameters
    case .hmacRequestLine: HMACRequestLine.parameters
    }
  }

  /// Of these, the one that names who signed.
  var idParameter: String {
    switch self {
    case .sigV4: SigV4.credential
    case .hmacQuery: HMACQuery.secretID
    case .hmacRequestLine: HMACRequestLine.authorization
    }
  }

  /// Who signed, as the query says; nil where it does not. Nothing is verified.
  func signatory(_ query: Query) -> String? {
    switch self {
    case .sigV4: SigV4.signatory(query)
    case .hmacQuery: query[HMACQuery.secretID]
    case .hmacRequestLine: HMACRequestLine.signatory(query)
    }
  }
}
