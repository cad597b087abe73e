import Configuration

extension VendorReport {
  /// What has a value, what may be chosen, and what an operator has to say.
  static func variables(_ vendor: VendorDescriptor) -> [String] {
    let endpoint = vendor.endpoint
    var templates =
      [endpoint.url] + vendor.handshake.headers.map { TextTemplate($0.template) }
      + [vendor.initRequest?.url, vendor.credential.exchange?.restToken?.url].compactMap { $0 }
    for case .headers(let list) in vendor.credential.placements { templates += list.map { TextTemplate($0.template) } }
    let filled = Set(endpoint.variables.keys).union(endpoint.choices.keys).union(vendor.regions["default"]?.map(\.key) ?? [])
    var needed: [String] = []
    for name in templates.flatMap(\.variables) where !filled.contains(name) && !needed.contains(name) {
      if !name.hasPrefix("query."), !Endpoint.fresh.contains(name), name != "secret" { needed.append(name) }
    }
    let captured = Set(endpoint.pathSuffixes.flatMap { TextTemplate($0).variables })
    return endpoint.variables.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
      + endpoint.choices.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.joined(separator: " or "))" }
      + needed.map { "\($0) (required\(captured.contains($0) ? ", or from the path" : ""))" }
  }

  static func query(_ query: QueryRules) -> [String] {
    query.required.map { "\($0) (required)" }
      + query.oneOf.map { "one of \($0.joined(separator: ", "))" }
      + query.defaults.map { "\($0.name) = \($0.value) unless given" }
      + query.forced.map { "\($0.name) = \($0.value) always" }
      + (query.allow.map { [$0.isEmpty ? "nothing passes" : "only \($0.joined(separator: ", ")) pass"] } ?? [])
      + query.deny.map { "\($0) does not pass" }
      + query.rename.sorted { $0.key < $1.key }.map { "\($0.key) becomes \($0.value)" }
      + query.commaLists.map { "repeats of \($0) are joined by commas" }
  }

  static func credential(_ rules: CredentialRules) -> [String] {
    rules.choices.enumerated().map { index, choice in
      let kind = choice.kind == .token ? ", for short-lived tokens" : ""
      return "\(choice.placement)\(kind)\(index == 0 ? " (used by the gateway)" : "")"
    } + (rules.isOptional ? ["or none"] : [])
  }

  static func exchange(_ exchange: CredentialExchange?) -> [String] {
    guard let exchange else { return [] }
    if let rest = exchange.restToken {
      let length = rest.defaultTTL.map { ", good for \(Units.text($0))" } ?? ""
      return ["\(rest.method) \(rest.url.source) returns it at \(rest.valuePath?.text ?? "")\(length)\(rest.singleUse ? ", once" : "")"]
    }
    if let oauth = exchange.clientCredentials { return ["client credentials at \(oauth.url.source)"] }
    let scopes = exchange.scopes.isEmpty ? "" : " for \(exchange.scopes.joined(separator: " or "))"
    return exchange.provider.map { ["from \($0.rawValue)\(scopes)"] } ?? []
  }

  static func first(_ rules: InitRequest) -> [String] {
    var lines = ["\(rules.method) \(rules.url.source) returns the url at \(rules.urlPath?.text ?? "") with status \(rules.status)"]
    lines += rules.headers.map { "\($0.name): \($0.template)".replacing(CredentialPlacement.marker, with: "<secret>") }
    if let body = rules.body { lines.append(text(body)) }
    lines += rules.parameters.sorted { $0.key < $1.key }.map { "the parameter \($0.key) goes to \($0.value.text)" }
    if let ttl = rules.ttl { lines.append("the url is good for \(Units.text(ttl))") }
    if rules.reconnectSameURL { lines.append("a lost session may be taken up at the same url") }
    return lines
  }

  static func stripped(_ rules: StripRules) -> [String] {
    rules.headers.map { "header \($0)" } + rules.query.map { "parameter \($0)" } + rules.subprotocols.map { "subprotocol \($0)" }
      + rules.firstMessage.map { "the first message's \($0.text)" }
  }

  static func headers(_ rules: HandshakeRules) -> [String] {
    rules.headers.map { header in
      let yields = rules.forward.contains { HeaderName.equal($0, header.name) }
      return "\(header.name): \(header.template)\(yields ? " unless the client says otherwise" : "")"
    }
      + rules.forward.filter { name in !rules.headers.contains { HeaderName.equal($0.name, name) } }.map { "\($0) passes from the client" }
      + rules.required.map { "\($0.what) is required" }
  }

  static func subprotocols(_ rules: HandshakeRules.Subprotocols) -> [String] {
    rules.offer.map { "\($0) is offered\(rules.requireEcho ? ", and has to be chosen" : "")" }
      + rules.forward.map { "\($0) passes from the client" }
  }

  static func describe(_ discriminator: Discriminator) -> String {
    switch discriminator {
    case .path(let path): "the value of \(path.text)"
    case .keys(let keys): "the presence of \(keys.joined(separator: ", "))"
    }
  }

  static func close(_ rules: CloseRules) -> [String] {
    guard let message = rules.message else { return ["a close frame"] }
    return [text(message)] + (rules.await.map { ["the vendor's last message is \($0.summary)"] } ?? [])
      + (rules.code.map { ["the vendor closes with \($0)"] } ?? [])
  }

  static func errors(_ rules: ErrorRules) -> [String] {
    var lines = rules.messages.map { message in
      let kind = message.kind.map { " (\($0.rawValue))" } ?? ""
      let places = [message.codePath, message.messagePath].compactMap { $0?.text }.joined(separator: ", ")
      return "\(message.match?.summary ?? "")\(kind)\(places.isEmpty ? "" : ": \(places)")\(message.fatal ? "" : "; the session goes on")"
    }
    if let header = rules.handshake.header { lines.append("a refused upgrade says why in \(header)") }
    if let path = rules.handshake.bodyPath { lines.append("a refused upgrade says why at \(path.text) of its body") }
    return lines
  }

  /// As it is written, places and all.
  static func text(_ template: MessageTemplate?) -> String {
    guard let template else { return "" }
    switch template.content {
    case .json(let json): return json.text()
    case .text(let text): return text.source.isEmpty ? "an empty message" : text.source
    }
  }
}
