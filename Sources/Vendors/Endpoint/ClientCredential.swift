/// What a client offered as its credential for the gateway, and the request without it.
///
/// Clients put it where their vendor's SDK puts a vendor's key, so the descriptor's placements are looked at beside the usual ones.
public struct ClientCredential: Sendable, Equatable {
  /// Where it was found.
  public enum Place: Sendable, Equatable {
    case header(String)
    case query(String)
    case subprotocol
  }

  /// Nil where the client offered none.
  public var credential: String?
  public var place: Place?
  /// The client offered two that differ. Which one counts is not for a gateway to guess: refuse.
  public var isAmbiguous: Bool
  /// Without credentials in headers, query and subprotocols.
  public var request: ClientRequest
  /// The offered subprotocols that bear no credential, in order: what an answer may be chosen from. A word such as `token` that
  /// announces a credential stays here, though it is no longer among the request's.
  public var echoable: [String]

  /// Finds and removes the credential.
  /// - Parameter also: placements that a route names beside the vendor's and the usual ones.
  public static func extract(
    _ request: ClientRequest, _ descriptor: VendorDescriptor?, also: [CredentialPlacement] = []
  ) -> ClientCredential {
    var search = Search(request: request, placements: also + (descriptor?.credential.placements ?? []))
    search.headers()
    search.subprotocols()
    search.queries()
    let first = search.found.first
    return ClientCredential(
      credential: first?.value, place: first?.place, isAmbiguous: search.found.contains { $0.value != first?.value },
      request: search.request, echoable: search.echoable)
  }

  /// What the gateway answers in `Sec-WebSocket-Protocol`: what the upstream chose if the client offered it, else as the descriptor says.
  public func answer(selected: String? = nil, descriptor: VendorDescriptor?) -> String? {
    if let selected, echoable.contains(selected) { return selected }
    guard let descriptor else { return nil }
    if case .fixed(let name) = descriptor.handshake.answer, echoable.contains(name) { return name }
    return echoable.first
  }

  private struct Search {
    var request: ClientRequest
    let placements: [CredentialPlacement]
    var found: [(value: String, place: Place)] = []
    var echoable: [String] = []

    mutating func add(_ value: String, _ place: Place) {
      if !value.isEmpty { found.append((value, place)) }
    }

    mutating func headers() {
      let schemes =
        ["token", "bearer"]
        + placements.compactMap { placement in
          if case .header(let name, let scheme?) = placement, HeaderName.equal(name, "Authorization") { scheme.lowercased() } else { nil }
        }
      for field in request.headers where HeaderName.equal(field.name, "Authorization") {
        let words = field.value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        if words.count == 2, schemes.contains(words[0].lowercased()) {
          add(Self.trim(words[1]), .header("Authorization"))
        } else if words.count == 1, !schemes.contains(words[0].lowercased()) {
          add(String(words[0]), .header("Authorization"))
        }
      }
      request.removeHeader("Authorization")
      for placement in placements {
        switch placement {
        case .header(let name, let scheme) where !HeaderName.equal(name, "Authorization"):
          for field in request.headers where HeaderName.equal(field.name, name) {
            add(Self.withoutScheme(field.value, scheme), .header(name))
          }
        case .headers(let list):
          for part in list {
            guard part.template == CredentialPlacement.marker else { continue }
            if let value = request.header(part.name) { add(Self.trim(value), .header(part.name)) }
          }
        default: break
        }
        for name in placement.headerNames { request.removeHeader(name) }
      }
    }

    mutating func queries() {
      for case .signed(let rules) in placements {
        // An SDK that signs takes the gateway's credential for the id of a key; what it made of it proves nothing here.
        if let id = rules.signer.signatory(request.query) { add(id, .query(rules.signer.idParameter)) }
        for name in rules.signer.parameters { request.query.remove(name) }
      }
      for name in ["token"] + placements.flatMap(\.queryNames) {
        // An unencoded `+` of base64 comes as it is, or was turned into a blank on the way: a blank counts as plus.
        for value in request.query.values(name) { add(value.replacing(" ", with: "+"), .query(name)) }
        request.query.remove(name)
      }
    }

    mutating func subprotocols() {
      var words: Set<String> = ["token", "bearer"]
      var prefixes: [String] = []
      for case .subprotocol(let members) in placements {
        for (index, member) in members.enumerated() {
          if member == CredentialPlacement.marker, index > 0 { words.insert(members[index - 1].lowercased()) }
          if let range = member.firstRange(of: CredentialPlacement.marker), range.lowerBound > member.startIndex {
            prefixes.append(String(member[..<range.lowerBound]))
          }
        }
      }
      var kept: [String] = []
      var afterWord = false
      for member in request.subprotocols {
        if afterWord {
          afterWord = false
          add(member, .subprotocol)
        } else if words.contains(member.lowercased()) {
          afterWord = true
          echoable.append(member)
        } else if let prefix = prefixes.first(where: { member.hasPrefix($0) }) {
          add(String(member.dropFirst(prefix.count)), .subprotocol)
        } else {
          kept.append(member)
          echoable.append(member)
        }
      }
      request.subprotocols = kept
    }

    static func withoutScheme(_ value: String, _ scheme: String?) -> String {
      guard let scheme else { return trim(value) }
      let words = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      return words.count == 2 && words[0].lowercased() == scheme.lowercased() ? trim(words[1]) : ""
    }

    static func trim(_ text: some StringProtocol) -> String {
      var text = Substring(text)
      while text.first == " " { text.removeFirst() }
      while text.last == " " { text.removeLast() }
      return String(text)
    }
  }
}

extension ClientCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Without it.
  public var description: String { "credential in \(place.map { "\($0)" } ?? "no place")" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
