import JSON

/// An HTTP request that comes before a socket: for its URL or for a short-lived token. Never printed: it holds the key.
public struct RESTRequest: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
  public var method: String
  public var url: String
  public var headers: [ClientRequest.Field]
  /// Its `Content-Type` is among the headers; nil for none.
  public var body: String?

  public var description: String { "\(method) request" }
  public var debugDescription: String { description }

  init(
    method: String, url: TextTemplate, headers: [CredentialPlacement.NamedTemplate], body: JSONValue?, secret: String,
    value: (String) -> String?
  ) throws(EndpointError) {
    self.method = method
    self.url = url.expanded(value)
    if let unknown = TextTemplate(self.url).variables.first { throw .variable(unknown, in: "url '\(url.source)'") }
    self.headers = headers.map { header in
      ClientRequest.Field(header.name, TextTemplate(header.template).expanded { $0 == "secret" ? secret : value($0) })
    }
    for header in self.headers where !HeaderName.isValue(header.value) { throw .illegal("header '\(header.name)'") }
    if let body {
      self.body = body.text()
      self.headers.append(ClientRequest.Field("Content-Type", "application/json"))
    }
  }

  /// A form (RFC 6749 appendix B).
  init(
    form: [(name: String, value: String)], url: TextTemplate, headers: [ClientRequest.Field], value: (String) -> String?
  ) throws(EndpointError) {
    method = "POST"
    self.url = url.expanded(value)
    if let unknown = TextTemplate(self.url).variables.first { throw .variable(unknown, in: "url '\(url.source)'") }
    self.headers = headers + [ClientRequest.Field("Content-Type", "application/x-www-form-urlencoded")]
    body = form.map { "\(Percent.encode($0.name))=\(Percent.encode($0.value))" }.joined(separator: "&")
  }
}
