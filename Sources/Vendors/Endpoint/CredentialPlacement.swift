/// Where in a handshake a secret stands.
public enum CredentialPlacement: Sendable, Equatable, CustomStringConvertible {
  /// A header; with a scheme, as `Authorization: Token X`, or bare, as `xi-api-key: X`.
  case header(name: String, scheme: String?)
  /// Several headers at once, one of them holding `{secret}` and the others named values of the upstream's settings.
  case headers([NamedTemplate])
  /// A query parameter.
  case query(name: String)
  /// Members of `Sec-WebSocket-Protocol`; `{secret}` stands for the secret or is part of a member.
  case subprotocol([String])
  /// A JSON path in the client's first message.
  case firstMessage(path: String, template: String)
  /// Nowhere: a request beforehand returns a URL that lets one in.
  case urlFromInit
  /// Nowhere: the URL is signed with it.
  case signed(SignedURL)

  public struct NamedTemplate: Sendable, Equatable {
    public var name: String
    public var template: String

    public init(name: String, template: String) {
      self.name = name
      self.template = template
    }
  }

  public static let marker = "{secret}"

  /// How people read it; never with a secret.
  public var description: String {
    switch self {
    case .header(let name, let scheme): "header \(name): \(scheme.map { "\($0) " } ?? "")<secret>"
    case .headers(let list):
      "headers \(list.map { "\($0.name): \($0.template)" }.joined(separator: ", "))".replacing(Self.marker, with: "<secret>")
    case .query(let name): "query \(name)=<secret>"
    case .subprotocol(let members):
      "subprotocols \(members.joined(separator: ", "))".replacing(Self.marker, with: "<secret>")
    case .firstMessage(let path, _): "the first message's \(path)"
    case .urlFromInit: "in the URL that the init request returns"
    case .signed(let rules): "a signature in the query (\(rules.signer.rawValue)\(rules.service.map { ", service \($0)" } ?? ""))"
    }
  }

  /// Whether a credential has every field that is wanted here.
  public func check(secret: String) throws(EndpointError) {
    guard case .signed(let rules) = self, let field = rules.missing(in: SigningCredential(secret)) else { return }
    throw .secretIncomplete(field, rules.signer)
  }

  /// Names of headers that hold credentials here, and so never pass from a client.
  var headerNames: [String] {
    switch self {
    case .header(let name, _): [name]
    case .headers(let list): list.map(\.name)
    default: []
    }
  }

  /// Names of parameters that never pass from a client for the same reason.
  var queryNames: [String] {
    switch self {
    case .query(let name): [name]
    case .signed(let rules): rules.signer.parameters
    default: []
    }
  }
}
