/// Why an upstream request can't be composed. Texts never hold a secret.
public enum EndpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The configured URL is not one.
  case url(String, expected: String)
  /// A `{name}` in the URL or a header that nothing gives a value.
  case variable(String, in: String)
  /// The same in a URL's path, on a route that leaves its clients no path of their own.
  case open(String)
  /// A variable's value is none of those that it may have.
  case choice(String, found: String, expected: [String])
  /// The rest of the path after a route's `/*` is not one that this upstream may be asked for.
  case path(String)
  /// A query parameter that the upstream demands and nobody gave; several names where any one of them would do.
  case query(anyOf: [String])
  /// A query parameter that says the audio's format, given more than once: vendors differ in which one they take.
  case repeated(String)
  /// A header or subprotocol whose text would not be legal on the wire.
  case illegal(String)
  /// The upstream wants a credential and none was given.
  case secretMissing(CredentialPlacement)
  /// The credential holds characters that its place can't carry.
  case secretUnusable(CredentialPlacement)
  /// The credential has several fields and lacks this one.
  case secretIncomplete(String, RequestSigner)
  /// The URL comes from a request beforehand (`init`), so there is none to compose.
  case needsInit
  /// A short-lived token is to be had, and nothing is known of how.
  case noExchange
  /// The answer to that request is not the one that was expected.
  case initRefused(String)

  /// What a client is answered: 404 and 400 are its own doing, 502 is the gateway's.
  public var status: Int {
    switch self {
    case .path: 404
    case .query, .repeated: 400
    default: 502
    }
  }

  public var description: String {
    switch self {
    case .url(let text, let expected): "url '\(text)' cannot be used; expected \(expected)"
    case .variable(let name, let place): "'{\(name)}' in \(place) has no value; expected one under 'variables' or from the region"
    case .open(let name):
      "'{\(name)}' in the url has no value; expected one under 'variables', or a route that ends in '/*', whose clients say it in their path"
    case .choice(let name, let found, let expected):
      "'{\(name)}' is '\(found)'; expected \(expected.joined(separator: ", "))"
    case .path(let rest): "path '\(rest)' is not one that this upstream allows"
    case .query(let names) where names.count == 1: "query parameter '\(names[0])' is missing; the upstream requires it"
    case .query(let names): "one of the query parameters \(names.map { "'\($0)'" }.joined(separator: ", ")) is required"
    case .repeated(let name): "query parameter '\(name)' is given more than once"
    case .illegal(let what): "\(what) holds characters that a handshake cannot carry"
    case .secretMissing(let placement): "the upstream's credential is missing; expected it for \(placement)"
    case .secretUnusable(let placement): "the upstream's credential cannot be sent as \(placement): it holds characters not allowed there"
    case .secretIncomplete(let field, let signer):
      "the upstream's credential has no field '\(field)'; expected 'fields' with \(signer.fields.id) and \(signer.fields.key), "
        + "or a secret that is a JSON object of them"
    case .needsInit: "this upstream's url comes from a request beforehand"
    case .noExchange: "nothing is known of short-lived tokens of this vendor; expected no 'exchange' in this upstream"
    case .initRefused(let what): "the request for this upstream's url was not answered as expected: \(what)"
    }
  }
}
