import JSON

/// Upstreams whose URL comes from a request beforehand.
extension Endpoint {
  /// Whether `initRequest` has to be asked before `request`: not where the credential is optional and there is none.
  public func needsInit(secret: String?) -> Bool {
    placement == .urlFromInit && !((secret ?? "").isEmpty && descriptor?.credential.isOptional ?? false)
  }

  /// The request for the URL of one client's socket; the client's parameters go into it as the descriptor says.
  public func initRequest(_ client: ClientRequest, secret: String?) throws(EndpointError) -> RESTRequest {
    guard let rules = descriptor?.initRequest, let placement else { throw .initRefused("nothing is known of it") }
    guard let secret, !secret.isEmpty else { throw .secretMissing(placement) }
    let query = withoutCredential(client).query
    return try RESTRequest(
      method: rules.method, url: rules.url, headers: rules.headers, body: initBody(query), secret: secret
    ) { name in
      guard name.hasPrefix("query.") else { return variables[name] }
      return query[String(name.dropFirst("query.".count))].map { Percent.encode($0) }
    }
  }

  /// The body of that request; it declares the session's format where the descriptor's `init_body` says so. Nil for none.
  public func initBody(_ query: Query) -> JSONValue? {
    guard let rules = descriptor?.initRequest, case .json(let template)? = rules.body?.content else { return nil }
    var sketch = MessageSketch(template)
    for (name, path) in rules.parameters.sorted(by: { $0.key < $1.key }) {
      guard let text = query[name] else { continue }
      // Numbers stay numbers.
      sketch.put(Int64(text).map { .int($0) } ?? .string(text), at: path)
    }
    return sketch.value
  }

  /// The socket's request from the answer to the one beforehand, which may name no host but those that the descriptor names.
  ///
  /// - Parameter standIn: host and port of what answered in the vendor's stead, and so may be named, and nothing else.
  public func request(
    _ client: ClientRequest, answer: (status: Int, body: String), standIn: String? = nil, uuid: String = "", unixTime: Int = 0
  ) throws(EndpointError) -> UpstreamRequest {
    guard let rules = descriptor?.initRequest else { throw .initRefused("nothing is known of it") }
    guard answer.status == rules.status else { throw .initRefused("status \(answer.status), expected \(rules.status)") }
    guard let body = try? JSONValue.parse(answer.body), let text = rules.urlPath?.first(in: body)?.stringValue
    else { throw .initRefused("no '\(rules.urlPath?.text ?? "")' in its answer") }
    let url: UpstreamURL
    do throws(EndpointError) {
      url = try UpstreamURL(text)
    } catch {
      // Its text may hold a token.
      throw .initRefused("'\(rules.urlPath?.text ?? "")' in its answer is no WebSocket URL")
    }
    guard mayBeDialled(url, standIn: standIn) else {
      throw .initRefused("'\(url.scheme)://\(url.authority)' in its answer is none that may be dialled; expected \(allowed(standIn))")
    }
    var client = withoutCredential(client)
    for name in rules.parameters.keys { client.query.remove(name) }
    return try request(client, at: url, uuid: uuid, unixTime: unixTime)
  }

  /// Egress is for the operator to decide, and an answer is not the operator.
  private func mayBeDialled(_ url: UpstreamURL, standIn: String?) -> Bool {
    if let standIn { return url.authority == standIn }
    guard let base else { return false }
    if url.authority == base.authority, url.scheme == base.scheme { return true }
    guard url.scheme == "wss", url.port == 443 else { return false }
    return initHosts.contains { HostPattern.matches($0, url.host) }
  }

  /// The one that was asked is named by the descriptor as well.
  private var initHosts: [String] {
    let asked = descriptor.flatMap { try? UpstreamURL($0.initRequest?.url.expanded { variables[$0] ?? "x" } ?? "") }
    return (descriptor?.initRequest?.hosts ?? []) + [base?.host, asked?.host].compactMap { $0 }
  }

  private func allowed(_ standIn: String?) -> String {
    standIn ?? "wss:// and one of \(initHosts.joined(separator: ", "))"
  }
}
