import Configuration

/// A REST request before the socket, whose answer holds the URL to open.
public struct InitRequest: Sendable, Equatable {
  public var method = "POST"
  public var url = TextTemplate("")
  public var headers: [CredentialPlacement.NamedTemplate] = []
  public var body: MessageTemplate?
  /// Client query parameter -> where its value stands in the body.
  public var parameters: [String: JSONPath] = [:]
  public var urlPath: JSONPath?
  /// Hosts that the URL may name beside the endpoint's own: exact, or `*.name` for everything below a name.
  public var hosts: [String] = []
  public var idPath: JSONPath?
  public var status = 200
  /// How long the URL is good for.
  public var ttl: Duration?
  /// Whether a lost session may be taken up at the same URL.
  public var reconnectSameURL = false

  public init() {}
}

extension InitRequest: Section {
  public static let section = SectionDescription<InitRequest>(
    "VendorInit", "A REST request before the socket, whose answer holds the URL to open.",
    fields: [
      Field("method", \.method, .text, "HTTP method."),
      Field(
        "url", \.url, ValueTypes.template, required: true,
        "`https` URL; the upstream's variables may stand in it, and the client's parameters as `{query.name}`."),
      Field("headers", \.headers, ValueTypes.headers, "Headers; `{secret}` is the upstream's credential."),
      Field("body", \.body, ValueTypes.message, "JSON body, as it is where the client says nothing of its own."),
      Field(
        "parameters", \.parameters, .map(of: ValueTypes.path),
        "Client query parameter -> where in the body its value stands; such parameters do not go on to the socket."),
      Field("url_path", \.urlPath, ValueTypes.path, required: true, "Where the answer holds the URL."),
      Field(
        "hosts", \.hosts, .list(of: .text.checked(HostPattern.problem), single: true),
        "Hosts that the URL may name beside that of the endpoint: exact, or `*.name` for all below a name. Others are not dialled."),
      Field("id_path", \.idPath, ValueTypes.path, "Where the answer holds the session's id."),
      Field("status", \.status, .integer(200...299), "The status of success."),
      Field("ttl", \.ttl, .duration, "How long the URL is good for."),
      Field("reconnect_same_url", \.reconnectSameURL, .boolean, "A lost session may be taken up at the same URL."),
    ])
}
