/// One upstream, ready to be asked: a vendor's descriptor (or a plain URL) with the operator's settings.
public struct Endpoint: Sendable {
  public let descriptor: VendorDescriptor?
  public let settings: UpstreamSettings
  /// The configured URL; `{name}` places that only a client's path fills may remain in its path.
  private let template: String
  let variables: [String: String]
  /// What holds for those places where the path names nothing.
  private let usual: [String: String]
  let placement: CredentialPlacement?

  /// An endpoint of a known vendor.
  public init(descriptor: VendorDescriptor, settings: UpstreamSettings = UpstreamSettings()) throws(EndpointError) {
    var variables = descriptor.endpoint.variables
    let region = settings.region ?? "default"
    if let values = descriptor.regions[region] {
      variables.merge(values) { _, new in new }
    } else if let region = settings.region, descriptor.regions.isEmpty, descriptor.endpoint.url.variables.contains("region") {
      // Hosts that are named by their region need no list of regions.
      variables["region"] = region
    } else if settings.region != nil {
      let known = descriptor.regions.keys.sorted().joined(separator: ", ")
      throw .url("region \(region)", expected: known.isEmpty ? "no region: this vendor has none" : "one of \(known)")
    }
    variables.merge(settings.variables) { _, new in new }
    for (name, choices) in descriptor.endpoint.choices {
      if let value = variables[name], !choices.contains(value) { throw .choice(name, found: value, expected: choices) }
    }
    let capturable = Set(descriptor.endpoint.pathSuffixes.flatMap { TextTemplate($0).variables })
    // What a client's path may choose stays open; it has its usual value where no path says otherwise.
    for (name, choices) in descriptor.endpoint.choices where !capturable.contains(name) { variables[name] = variables[name] ?? choices[0] }
    usual = descriptor.endpoint.choices.compactMapValues(\.first)
    self.descriptor = descriptor
    self.settings = settings
    self.variables = variables
    if settings.exchanges == true, descriptor.credential.exchange?.isOneRequest != true { throw .noExchange }
    let taking = settings.exchanges == true ? descriptor.credential.tokenPlacement : nil
    placement = settings.placement ?? taking ?? descriptor.credential.placements.first
    template = descriptor.endpoint.url.expanded { variables[$0] }
    let left = TextTemplate(template).variables
    if let unknown = left.first(where: { !capturable.contains($0) }) {
      throw .variable(unknown, in: "url '\(descriptor.endpoint.url.source)'")
    }
    // A value that a client will give is stood in for, to check the rest.
    _ = try UpstreamURL(TextTemplate(template).expanded { _ in "x" })
    try checkHeaders()
  }

  /// Any WebSocket server. The rest of a `/*` route's path is appended to the URL's.
  public init(url: String, settings: UpstreamSettings = UpstreamSettings()) throws(EndpointError) {
    descriptor = nil
    self.settings = settings
    variables = settings.variables
    usual = [:]
    placement = settings.placement
    template = TextTemplate(url).expanded { settings.variables[$0] }
    if let unknown = TextTemplate(template).variables.first { throw .variable(unknown, in: "url '\(url)'") }
    _ = try UpstreamURL(template)
    try checkHeaders()
  }

  /// Where the credential goes; nil for an upstream that wants none.
  public var credentialPlacement: CredentialPlacement? { placement }

  /// Names in the URL's path that nothing gives a value but a client's path.
  public var openPlaces: [String] { TextTemplate(template).variables.filter { usual[$0] == nil } }

  /// What has to follow a route that ends in `/*`, with `{name}` in the open places; empty where nothing has to.
  public var neededRest: String {
    guard !openPlaces.isEmpty, let pattern = descriptor?.endpoint.pathSuffixes.first else { return "" }
    return TextTemplate(pattern).expanded { usual[$0] ?? variables[$0] }
  }

  /// Scheme, host and port: what a dial needs before any client comes. A `{name}` that only a client's path fills is not among them.
  public var base: UpstreamURL? { try? UpstreamURL(TextTemplate(template).expanded { _ in "x" }) }

  /// The request for one client.
  /// - Parameters:
  ///   - secret: the upstream's credential; nil only where it wants none.
  ///   - uuid: fresh for this connection, for headers and parameters that a vendor wants to be unique.
  ///   - unixTime: seconds since 1970, for dates and signatures.
  ///   - nonce: fresh for this connection, for signatures.
  public func request(
    _ client: ClientRequest, secret: String?, uuid: String = "", unixTime: Int = 0, nonce: UInt32 = 0
  ) throws(EndpointError) -> UpstreamRequest {
    let client = withoutCredential(client)
    var request = try request(client, at: url(rest: client.rest), uuid: uuid, unixTime: unixTime)
    try place(secret, in: &request, unixTime: unixTime, nonce: nonce)
    return request
  }

  /// The query of the request for one client, as far as no credential is part of it.
  public func query(for client: ClientRequest) throws(EndpointError) -> Query {
    let client = withoutCredential(client)
    return try query(client.query, fixed: url(rest: client.rest).query, uuid: "")
  }

  /// Whether a request can be made with this credential, as far as that is known before there is a client.
  public func check(secret: String) throws(EndpointError) {
    try placement?.check(secret: secret)
  }

  /// Done wherever a request is composed, so that no caller can forget it.
  func withoutCredential(_ client: ClientRequest) -> ClientRequest {
    ClientCredential.extract(client, descriptor, also: placements).request
  }

  /// The request to a URL, without a credential.
  func request(
    _ client: ClientRequest, at url: UpstreamURL, uuid: String, unixTime: Int
  ) throws(EndpointError) -> UpstreamRequest {
    var url = url
    url.query = try query(client.query, fixed: url.query, uuid: uuid)
    return UpstreamRequest(url: url, headers: try headers(client, uuid: uuid, unixTime: unixTime), subprotocols: subprotocols(client))
  }

  private func url(rest: String) throws(EndpointError) -> UpstreamURL {
    guard let segments = PathSuffix.segments(rest) else { throw .path(rest) }
    guard let descriptor else {
      var url = try UpstreamURL(template)
      if !segments.isEmpty {
        let base = url.path.hasSuffix("/") ? url.path : url.path + "/"
        url.path = base + segments.joined(separator: "/") + (rest.hasSuffix("/") ? "/" : "")
      }
      return url
    }
    var captured: [String: String] = [:]
    if !segments.isEmpty {
      let matches = descriptor.endpoint.pathSuffixes.lazy.compactMap { PathSuffix.match(segments, $0) }
      guard let match = matches.first else { throw .path(rest) }
      captured = match
    }
    for (name, choices) in descriptor.endpoint.choices {
      if let value = captured[name], !choices.contains(value) { throw .path(rest) }
    }
    let filled = TextTemplate(template)
    captured.merge(usual) { given, _ in given }
    guard filled.variables.allSatisfy({ captured[$0] != nil }) else { throw .path(rest) }
    return try UpstreamURL(filled.expanded { captured[$0] })
  }

  private func query(_ client: Query, fixed: Query, uuid: String) throws(EndpointError) -> Query {
    var query = client
    // The client's credentials never pass, nor what routes clients to upstreams here.
    let consumed = CredentialQuery.names.union((descriptor?.strip.query ?? []) + placements.flatMap(\.queryNames))
    query.items.removeAll { consumed.contains($0.name) || fixed.contains($0.name) }
    guard Percent.isWellFormed(query.text) else { throw .illegal("the query") }
    var own = descriptor?.endpoint.query ?? QueryRules()
    for index in own.defaults.indices { own.defaults[index].value = own.defaults[index].value.replacing("{uuid}", with: uuid) }
    let all = settings.query + [own]
    for rules in all { query = rules.filtered(query) }
    let groups = all.flatMap(\.oneOf)
    for rules in all { query = rules.completed(query, oneOf: groups) }
    for rules in all { query = rules.joined(query) }
    query.items = fixed.items + query.items
    for rules in all {
      if let names = rules.missing(in: query) { throw .query(anyOf: names) }
    }
    if let name = descriptor?.audio.format.repeated(in: query) { throw .repeated(name) }
    return query
  }

  private func headers(_ client: ClientRequest, uuid: String, unixTime: Int) throws(EndpointError) -> [(String, String)] {
    var output: [(String, String)] = []
    let own = descriptor?.handshake.headers ?? []
    for header in own {
      // What the client may say goes before what is said for it.
      let isDefault = (descriptor?.handshake.forward ?? []).contains { HeaderName.equal($0, header.name) }
      if isDefault, client.header(header.name) != nil, !HeaderName.neverPasses(header.name) { continue }
      let value = TextTemplate(header.template).expanded { name in
        switch name {
        case "uuid": uuid
        case "hex": uuid.replacing("-", with: "")
        case "date": UTCTime(unixTime).http
        default: variables[name]
        }
      }
      output.append((header.name, value))
    }
    output += settings.headers
    let stripped = (descriptor?.strip.headers ?? []) + placements.flatMap(\.headerNames)
    let passing = (descriptor?.handshake.forward ?? []) + settings.forwardHeaders
    for field in client.headers where passing.contains(where: { HeaderName.equal($0, field.name) }) {
      guard !HeaderName.neverPasses(field.name), !stripped.contains(where: { HeaderName.equal($0, field.name) }) else { continue }
      // The operator's word counts more than the client's.
      guard !output.contains(where: { HeaderName.equal($0.0, field.name) }) else { continue }
      output.append((field.name, field.value))
    }
    for (name, value) in output where !HeaderName.isToken(name) || !HeaderName.isValue(value) { throw .illegal("header '\(name)'") }
    return output
  }

  private func subprotocols(_ client: ClientRequest) -> [String] {
    guard let descriptor else { return client.subprotocols }
    let passed = client.subprotocols.filter { descriptor.handshake.forwardSubprotocols.contains($0) }
    return descriptor.handshake.offer + passed.filter { !descriptor.handshake.offer.contains($0) }
  }

  private func place(
    _ secret: String?, in request: inout UpstreamRequest, unixTime: Int, nonce: UInt32
  ) throws(EndpointError) {
    guard let placement else { return }
    guard let secret, !secret.isEmpty else {
      if descriptor?.credential.isOptional ?? false { return }
      throw .secretMissing(placement)
    }
    if placement == .urlFromInit { throw .needsInit }
    if case .signed(let rules) = placement { return try sign(&request, rules, secret, unixTime: unixTime, nonce: nonce) }
    guard HeaderName.isValue(secret), !secret.hasPrefix(" "), !secret.hasSuffix(" ") else { throw .secretUnusable(placement) }
    switch placement {
    case .header(let name, let scheme):
      request.headers.append((name, scheme.map { "\($0) \(secret)" } ?? secret))
    case .headers(let list):
      for part in list {
        let value = TextTemplate(part.template).expanded { $0 == "secret" ? secret : variables[$0] }
        request.headers.append((part.name, value))
      }
    case .query(let name):
      request.url.query.set(name, secret)
    case .subprotocol(let members):
      guard HeaderName.isToken(secret) else { throw .secretUnusable(placement) }
      let placed = members.map { $0.replacing(CredentialPlacement.marker, with: secret) }
      // The members of one list stay together: some vendors read them by position.
      request.subprotocols = placed + request.subprotocols.filter { !placed.contains($0) }
    case .firstMessage(let path, let template):
      let value = TextTemplate(template).expanded { $0 == "secret" ? secret : nil }
      request.firstMessageCredential = .init(path: path, value: value)
    case .urlFromInit, .signed: break
    }
  }

  /// Last of all: a signature covers everything else of the URL.
  private func sign(
    _ request: inout UpstreamRequest, _ rules: SignedURL, _ secret: String, unixTime: Int, nonce: UInt32
  ) throws(EndpointError) {
    try check(secret: secret)
    let region = rules.region?.expanded { variables[$0] } ?? ""
    guard let credential = SigningCredential(secret),
      let url = rules.sign(request.url, credential, region: region, unixTime: unixTime, nonce: nonce)
    else { throw .secretIncomplete(rules.signer.fields.id, rules.signer) }
    request.url = url
    guard let message = rules.firstMessage else { return }
    let value = message.template.expanded { credential[$0] ?? variables[$0] }
    // What nobody gives is the client's to say.
    if TextTemplate(value).variables.isEmpty { request.firstMessageCredential = .init(path: message.path, value: value) }
  }

  private var placements: [CredentialPlacement] { (descriptor?.credential.placements ?? []) + (settings.placement.map { [$0] } ?? []) }

  /// Places of headers that every request fills anew.
  static let fresh: Set<String> = ["uuid", "hex", "date"]

  private func checkHeaders() throws(EndpointError) {
    for (name, value) in settings.headers {
      // The dialler writes these itself; a second one would be a second message's beginning.
      let reserved =
        ["host", "upgrade", "connection", "content-length", "transfer-encoding"].contains(name.lowercased())
        || name.lowercased().hasPrefix("sec-websocket-")
      guard HeaderName.isToken(name), HeaderName.isValue(value), !reserved else { throw .illegal("header '\(name)'") }
    }
    for header in descriptor?.handshake.headers ?? [] {
      let names = TextTemplate(header.template).variables.filter { !Self.fresh.contains($0) && variables[$0] == nil }
      if let unknown = names.first { throw .variable(unknown, in: "header '\(header.name)'") }
    }
    if case .signed(let rules) = placement, let unknown = rules.region?.variables.first(where: { variables[$0] == nil }) {
      throw .variable(unknown, in: "the signature's region")
    }
    if case .headers(let list) = placement {
      for part in list {
        let names = TextTemplate(part.template).variables.filter { $0 != "secret" && variables[$0] == nil }
        if let unknown = names.first { throw .variable(unknown, in: "header '\(part.name)'") }
      }
    }
  }
}
