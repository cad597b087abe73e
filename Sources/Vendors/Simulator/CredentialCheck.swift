import JSON

/// Looks for the credential in every place that the vendor knows.
struct CredentialCheck: Sendable {
  let request: ClientRequest
  let rules: CredentialRules
  let secret: String?
  /// Seconds since 1970, for signatures.
  let unixTime: Int

  /// What is wrong; nil where the credential is right. Never holds it.
  var problem: String? {
    if choices.isEmpty { return nil }
    let found = self.found
    if let signature, choices.count == 1 || signature.isPresent(in: request.query) {
      return signature.problem(request) ?? (found.isEmpty ? nil : "the credential is there \(found.count + 1) times; expected it once")
    }
    if choices.contains(where: { $0.placement == .urlFromInit }), request.query.contains(SimulatorGrant.parameter), found.isEmpty {
      return "the token is wrong"
    }
    if found.isEmpty {
      // First messages bring it later.
      let comesLater = choices.contains { if case .firstMessage = $0.placement { true } else { false } }
      return comesLater || rules.isOptional ? nil : "the credential is missing; expected \(choices[0].placement)"
    }
    guard found.count == 1 else { return "the credential is there \(found.count) times; expected it once" }
    if let secret {
      if found[0].0 != .key, SimulatorGrant.isGenuine(found[0].1) { return nil }
      guard found[0].1 == secret else { return "the credential is wrong" }
      // Where only tokens are taken, what an upstream has is one.
      let takesKeys = choices.contains { $0.kind != .token }
      guard found[0].0 != .token || !takesKeys else { return "the credential is a key where a token belongs" }
      // A very short one is part of other words by chance.
      guard secret.utf8.count < 8 || occurrences(of: secret) == 1 else { return "the credential stands in another place as well" }
    }
    return nil
  }

  /// What is wrong with the credential of the first message; nil where it is right, or where the handshake had it and this has none.
  func problem(in message: JSONValue) -> String? {
    if let signature, let place = signature.rules.firstMessage {
      let value = place.template.expanded { signature.credential?[$0] }
      guard let given = JSONPath(place.path)?.first(in: message)?.stringValue else { return "'\(place.path)' is missing" }
      return TextTemplate(value).variables.isEmpty && given != value ? "'\(place.path)' is wrong" : nil
    }
    let placed = choices.flatMap { choice -> [String] in
      guard case .firstMessage(let path, let template) = choice.placement, let value = JSONPath(path)?.first(in: message)?.stringValue
      else { return [] }
      return [TextTemplate(template).values(in: value)?["secret"] ?? ""]
    }
    guard let given = placed.first else {
      return found.isEmpty && !rules.isOptional ? "the credential is missing; expected \(choices[0].placement)" : nil
    }
    guard found.isEmpty, placed.count == 1 else { return "the credential is there more than once; expected it once" }
    return given.isEmpty || secret.map { $0 != given } ?? false ? "the credential is wrong" : nil
  }

  /// Whether a first message is to be looked at.
  var awaitsMessage: Bool {
    signature?.rules.firstMessage != nil || choices.contains { if case .firstMessage = $0.placement { true } else { false } }
  }

  private var signature: SignatureCheck? {
    for case .signed(let rules) in rules.placements {
      return SignatureCheck(rules: rules, credential: secret.flatMap { SigningCredential($0) }, unixTime: unixTime)
    }
    return nil
  }

  private var choices: [CredentialRules.Choice] { rules.choices }

  private var found: [(CredentialRules.Kind, String)] { choices.flatMap { choice in values(choice.placement).map { (choice.kind, $0) } } }

  private func values(_ placement: CredentialPlacement) -> [String] {
    switch placement {
    case .header(let name, let scheme):
      return request.headers.filter { HeaderName.equal($0.name, name) }.compactMap { field in
        guard let scheme else { return field.value.isEmpty ? nil : field.value }
        let words = field.value.split(separator: " ", maxSplits: 1)
        return words.count == 2 && words[0].lowercased() == scheme.lowercased() ? String(words[1]) : nil
      }
    case .headers(let list):
      guard let holder = list.first(where: { $0.template.contains(CredentialPlacement.marker) }),
        list.allSatisfy({ request.header($0.name) != nil })
      else { return [] }
      return request.headers.filter { HeaderName.equal($0.name, holder.name) }.compactMap { Self.hidden($0.value, in: holder.template) }
    case .query(let name): return request.query.values(name).filter { !$0.isEmpty }
    case .subprotocol(let members):
      // In order, one after the other: vendors read a pair by position.
      return request.subprotocols.indices.compactMap { start in
        guard start + members.count <= request.subprotocols.count else { return nil }
        var value: String?
        for (member, offered) in zip(members, request.subprotocols[start...]) {
          if member.contains(CredentialPlacement.marker) {
            guard let hidden = Self.hidden(offered, in: member) else { return nil }
            value = hidden
          } else if member != offered {
            return nil
          }
        }
        return value
      }
    // A URL that lets somebody in was made by the simulator itself.
    case .urlFromInit: return request.query.values(SimulatorGrant.parameter).filter { SimulatorGrant.isGenuine($0) }
    case .firstMessage, .signed: return []
    }
  }

  /// What stands where the template has its marker.
  private static func hidden(_ text: String, in template: String) -> String? {
    guard let marker = template.firstRange(of: CredentialPlacement.marker) else { return nil }
    let before = template[..<marker.lowerBound], after = template[marker.upperBound...]
    guard text.hasPrefix(before), text.hasSuffix(after), text.count > before.count + after.count else { return nil }
    return String(text.dropFirst(before.count).dropLast(after.count))
  }

  private func occurrences(of secret: String) -> Int {
    // The offered subprotocols are looked at as such.
    let headers = request.headers.filter { !HeaderName.equal($0.name, "Sec-WebSocket-Protocol") }
    let texts = headers.map(\.value) + request.query.items.flatMap { [$0.value, $0.name] } + request.subprotocols + [request.rest]
    return texts.reduce(0) { $0 + $1.ranges(of: secret).count }
  }
}
