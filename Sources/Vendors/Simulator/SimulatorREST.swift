import JSON

/// What a simulated vendor answers to the HTTP requests that come before its sockets: for a URL and for a short-lived token.
public enum SimulatorREST {
  public struct Answer: Sendable, Equatable {
    public var status: Int
    public var headers: [ClientRequest.Field]
    public var body: String
  }

  /// Nil where the path is neither of them.
  /// - Parameters:
  ///   - request: its `rest` is the request's whole path.
  ///   - secret: the account's key; nil where any will do.
  ///   - authority: where this simulator listens, as `Host` names it.
  public static func answer(
    _ method: String, _ request: ClientRequest, body: String, _ vendor: VendorDescriptor, secret: String?, authority: String, seed: UInt64,
    unixTime: Int = 0
  ) -> Answer? {
    let grant = SimulatorGrant.make(seed: seed)
    if let rules = vendor.initRequest, isAt(rules.url, request) {
      guard method == rules.method else { return failure(405, "expected \(rules.method)") }
      if let problem = missing(rules.headers, request, secret) { return failure(401, problem) }
      if rules.body != nil, let problem = problem(in: body, vendor) { return failure(400, problem) }
      var sketch = MessageSketch(.object([:]))
      var address = "ws://\(authority)\(path(of: vendor.endpoint.url))?\(SimulatorGrant.parameter)=\(grant)"
      // The session has to know what was declared.
      if vendor.audio.format.initBody != nil { address += "&\(SimulatorGrant.body)=\(Percent.encode(body))" }
      if let path = rules.urlPath { sketch.put(.string(address), at: path) }
      if let path = rules.idPath { sketch.put(.string(grant), at: path) }
      return success(rules.status, sketch)
    }
    if let rules = vendor.credential.exchange?.restToken, isAt(rules.url, request) {
      guard method == rules.method else { return failure(405, "expected \(rules.method)") }
      if let problem = missing(rules.headers, request, secret) { return failure(401, problem) }
      var sketch = MessageSketch(.object([:]))
      if let path = rules.valuePath { sketch.put(.string(grant), at: path) }
      let seconds = Int64((rules.defaultTTL ?? .seconds(60)) / .seconds(1))
      if let path = rules.expiresPath { sketch.put(.int(rules.expiresAs == .unix ? Int64(unixTime) + seconds : seconds), at: path) }
      return success(200, sketch)
    }
    if let rules = vendor.credential.exchange?.clientCredentials, isAt(rules.url, request) {
      return token(method, request, form: Query(body), secret: secret, grant)
    }
    return nil
  }

  /// RFC 6749 section 4.4.
  private static func token(_ method: String, _ request: ClientRequest, form: Query, secret: String?, _ grant: String) -> Answer {
    guard method == "POST" else { return failure(405, "expected POST") }
    guard form["grant_type"] == "client_credentials" else { return failure(400, "unsupported_grant_type") }
    let words = (request.header("Authorization") ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "basic", let bytes = Base64.decode(String(words[1])) else {
      return failure(401, "invalid_client")
    }
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, secret.map({ $0 == Percent.decode(parts[1]) }) ?? true else { return failure(401, "invalid_client") }
    return success(200, MessageSketch(["access_token": .string(grant), "token_type": "Bearer", "expires_in": 3_600]))
  }

  private static func isAt(_ url: TextTemplate, _ request: ClientRequest) -> Bool {
    guard let segments = PathSuffix.segments(request.rest) else { return false }
    return PathSuffix.match(segments, path(of: url)) != nil
  }

  private static func path(of url: TextTemplate) -> String {
    let authority = url.source.firstRange(of: "://").map { url.source[$0.upperBound...] } ?? url.source[...]
    return String(authority.drop { $0 != "/" }.prefix { $0 != "?" })
  }

  private static func missing(_ headers: [CredentialPlacement.NamedTemplate], _ request: ClientRequest, _ secret: String?) -> String? {
    for header in headers {
      guard let found = request.header(header.name) else { return "header \(header.name) is missing" }
      guard header.template.contains(CredentialPlacement.marker) else { continue }
      guard let given = TextTemplate(header.template).values(in: found)?["secret"], secret.map({ $0 == given }) ?? true
      else { return "the credential in \(header.name) is wrong" }
    }
    return nil
  }

  private static func problem(in body: String, _ vendor: VendorDescriptor) -> String? {
    guard let message = try? JSONValue.parse(body), message.objectValue != nil else { return "the body is no JSON object" }
    do throws(FormatProblem) {
      for direction in AudioDirection.allCases { _ = try vendor.audio.declared(in: message, direction) }
      return nil
    } catch {
      return error.description
    }
  }

  private static func success(_ status: Int, _ sketch: MessageSketch) -> Answer {
    Answer(status: status, headers: [ClientRequest.Field("Content-Type", "application/json")], body: sketch.value.text())
  }

  private static func failure(_ status: Int, _ error: String) -> Answer {
    let body = JSONValue.object(["error": .string(error)]).text()
    return Answer(status: status, headers: [ClientRequest.Field("Content-Type", "application/json")], body: body)
  }
}
