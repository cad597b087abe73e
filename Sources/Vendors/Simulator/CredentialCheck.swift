/// Looks for the credential in every place that the vendor knows.
struct CredentialCheck {
  let request: ClientRequest
  let choices: [CredentialRules.Choice]
  let secret: String?

  /// What is wrong; nil where the credential is right. Never holds it.
  var problem: String? {
    // First messages and REST answers bring it later.
    let inHandshake = choices.filter {
      switch $0.placement {
      case .firstMessage, .urlFromInit: false
      default: true
      }
    }
    if choices.isEmpty { return nil }
    let found = inHandshake.flatMap { choice in values(choice.placement).map { (choice.kind, $0) } }
    if found.isEmpty { return inHandshake.count < choices.count ? nil : "the credential is missing; expected \(choices[0].placement)" }
    guard found.count == 1 else { return "the credential is there \(found.count) times; expected it once" }
    if let secret {
      guard found[0].1 == secret else { return "the credential is wrong" }
      guard found[0].0 != .token else { return "the credential is a key where a token belongs" }
      // A very short one is part of other words by chance.
      guard secret.utf8.count < 8 || occurrences(of: secret) == 1 else { return "the credential stands in another place as well" }
    }
    return nil
  }

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
    case .firstMessage, .urlFromInit: return []
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
    let texts = request.headers.map(\.value) + request.query.items.flatMap { [$0.value, $0.name] } + request.subprotocols + [request.rest]
    return texts.reduce(0) { $0 + $1.ranges(of: secret).count }
  }
}
