import Configuration
import JSON
import Testing
@testable import Vendors

/// Who gets in, through a gateway's eyes and the vendor's.
@Suite struct CatalogueAdmissionTests {
  static let names = Catalogue.builtIn().names

  /// A client's SDK puts the gateway's credential where it would put the vendor's.
  static func client(_ placement: CredentialPlacement, _ key: String) -> ClientRequest {
    var request = ClientRequest()
    switch placement {
    case .header(let name, let scheme): request.headers = fields([(name, scheme.map { "\($0) \(key)" } ?? key)])
    case .headers(let list):
      request.headers = list.map { ClientRequest.Field($0.name, TextTemplate($0.template).expanded { $0 == "secret" ? key : "x" }) }
    case .query(let name): request.query.set(name, key)
    case .subprotocol(let members): request.subprotocols = members.map { $0.replacing(CredentialPlacement.marker, with: key) }
    case .firstMessage, .urlFromInit: break
    case .signed(let rules):
      let credential = SigningCredential(JSONValue.object([rules.signer.fields.id: .string(key), rules.signer.fields.key: "x"]).text())
      let url = try? UpstreamURL("wss://a.example/")
      if let credential, let url { request.query = rules.sign(url, credential, region: "", unixTime: 0, nonce: 1)?.query ?? Query() }
    }
    return request
  }

  @Test(arguments: names)
  func aClientIsAdmittedWithTheVendorsCredentialOnceAndNoneOfItsOwn(name: String) throws {
    let entry = try vendor(name)
    let format = try query(entry)
    for choice in entry.credential.choices + [CredentialRules.Choice(placement: .query(name: "token"), kind: .any)] {
      var client = Self.client(choice.placement, Doorway.clientKey)
      client.query.items += format.items
      let found = ClientCredential.extract(client, entry)
      let isInHandshake = client != ClientRequest(query: format)
      #expect(found.credential == (isInHandshake ? Doorway.clientKey : nil), "\(choice.placement)")
      let request = try Doorway(entry).request(client)
      let texts =
        request.headers.map { "\($0.0): \($0.1)" } + [request.url.target] + request.subprotocols
        + [request.firstMessageCredential?.value].compactMap { $0 }
      // A signature holds no key; who signs may stand in base64.
      let isSigned = if case .signed? = entry.credential.placements.first { true } else { false }
      let count = texts.joined(separator: "\n").ranges(of: Doorway.key).count
      #expect(isSigned ? count <= 1 : count == (entry.initRequest == nil ? 1 : 0), "\(texts)")
      #expect(!texts.contains { $0.contains(Doorway.clientKey) })
      guard case .accepted = Doorway.admit(request, entry) else {
        Issue.record("\(choice.placement): \(Doorway.admit(request, entry))")
        continue
      }
    }
  }

  /// Everything that a first `serve` needs.
  @Test(arguments: names)
  func everyPathOfItsSDKsLeadsThere(name: String) throws {
    let entry = try vendor(name)
    for suffix in entry.endpoint.pathSuffixes {
      var client = ClientRequest(query: try query(entry))
      client.rest = TextTemplate(suffix).expanded { entry.endpoint.choices[$0]?.last ?? "somewhere" }
      guard case .accepted = try Doorway(entry).knock(client) else {
        Issue.record("\(client.rest) is refused")
        continue
      }
    }
  }

  @Test(arguments: names)
  func aCredentialInAnyOfItsPlacesIsTaken(name: String) throws {
    let entry = try vendor(name)
    for choice in entry.credential.choices where choice.placement != .urlFromInit && choice.kind != .token {
      let admission = try Doorway(entry, placement: choice.placement).knock(ClientRequest(query: query(entry)))
      guard case .accepted = admission else {
        Issue.record("\(choice.placement): \(admission)")
        continue
      }
    }
    for choice in entry.credential.choices where choice.placement != .urlFromInit && choice.kind == .token {
      let token = SimulatorGrant.make(seed: 3)
      let admission = try Doorway(entry, placement: choice.placement).knock(ClientRequest(query: query(entry)), secret: token)
      guard case .accepted = admission else {
        Issue.record("\(choice.placement): \(admission)")
        continue
      }
    }
  }

  @Test(arguments: names)
  func aCredentialMissingWrongOrMisplacedIsRefused(name: String) throws {
    let entry = try vendor(name)
    let good = try Doorway(entry).request(ClientRequest(query: query(entry)))
    var bare = good
    let credential = entry.credential.placements
    bare.headers.removeAll { field in credential.contains { $0.headerNames.contains(field.0) } }
    bare.subprotocols.removeAll { $0.contains(Doorway.key) }
    bare.firstMessageCredential = nil
    for name in credential.flatMap(\.queryNames) + [SimulatorGrant.parameter] { bare.url.query.remove(name) }
    if !entry.credential.isOptional { try expectRefused(bare, entry, "nothing") }
    var header = bare
    header.headers.append(("X-Wrong-Place", Doorway.key))
    if !entry.credential.isOptional { try expectRefused(header, entry, "another header") }
    var scheme = bare
    scheme.headers.append(("Authorization", "Digest \(Doorway.key)"))
    if !entry.credential.isOptional { try expectRefused(scheme, entry, "another scheme") }
    var parameter = bare
    parameter.url.query.set("wrong_place", Doorway.key)
    if !entry.credential.isOptional { try expectRefused(parameter, entry, "another parameter") }
    if entry.initRequest == nil {
      try expectRefused(Doorway(entry).request(ClientRequest(query: query(entry)), secret: "not-the-key-012345"), entry, "a wrong key")
    } else {
      var invented = bare
      invented.url.query.set(SimulatorGrant.parameter, "invented")
      try expectRefused(invented, entry, "an invented token")
    }
  }

  /// Soniox is known to refuse it; nobody is known to want it.
  @Test(arguments: names)
  func aCredentialInTwoPlacesIsRefused(name: String) throws {
    let entry = try vendor(name)
    for choice in entry.credential.choices where choice.kind != .token && choice.placement != entry.credential.placements[0] {
      let second = try Doorway(entry, placement: choice.placement).request(ClientRequest(query: query(entry)))
      var request = try Doorway(entry).request(ClientRequest(query: query(entry)))
      request.headers += second.headers.filter { field in choice.placement.headerNames.contains(field.0) }
      for name in choice.placement.queryNames { request.url.query.set(name, Doorway.key) }
      if case .subprotocol = choice.placement { request.subprotocols = second.subprotocols }
      request.firstMessageCredential = second.firstMessageCredential
      try expectRefused(request, entry, "\(choice.placement) as well")
    }
  }

  @Test(arguments: names.filter { (Catalogue.builtIn()[$0]?.handshake.required.isEmpty).map { !$0 } ?? false })
  func aRequiredHeaderThatIsMissingIsRefused(name: String) throws {
    let entry = try vendor(name)
    for required in entry.handshake.required {
      var request = try Doorway(entry).request(ClientRequest(query: query(entry)))
      request.headers.removeAll { HeaderName.equal($0.0, required.header) }
      try expectRefused(request, entry, "no \(required.header)")
      if required.value != nil {
        request.headers.append((required.header, "something else"))
        try expectRefused(request, entry, "another \(required.header)")
      }
      guard let name = required.query else { continue }
      request.url.query.set(name, "2026-08-14")
      guard case .accepted = Doorway.admit(request, entry) else {
        Issue.record("\(name) does not do")
        continue
      }
    }
  }

  @Test(arguments: names.filter { Catalogue.builtIn()[$0]?.handshake.subprotocols.requireEcho ?? false })
  func aWrongSubprotocolIsRefused(name: String) throws {
    let entry = try vendor(name)
    var request = try Doorway(entry).request(ClientRequest(query: query(entry)))
    guard case .accepted(_, let chosen) = Doorway.admit(request, entry) else {
      Issue.record("refused with \(request.subprotocols)")
      return
    }
    #expect(chosen == entry.handshake.offer.first)
    request.subprotocols = ["some.other.protocol"]
    try expectRefused(request, entry, "another subprotocol")
    request.subprotocols = []
    try expectRefused(request, entry, "no subprotocol")
  }

  @Test(arguments: names.filter { !(Catalogue.builtIn()[$0]?.endpoint.query.required.isEmpty ?? true) })
  func aRequiredParameterThatIsMissingIsRefused(name: String) throws {
    let entry = try vendor(name)
    for parameter in entry.endpoint.query.required where entry.initRequest == nil {
      var request = try Doorway(entry).request(ClientRequest(query: query(entry)))
      request.url.query.remove(parameter)
      try expectRefused(request, entry, "no \(parameter)")
    }
  }

  @Test(arguments: names.filter { Catalogue.builtIn()[$0]?.audio.format.query != nil })
  func aFormatThatIsNotTakenIsRefused(name: String) throws {
    let entry = try vendor(name)
    let places = try #require(entry.audio.format.query?.input ?? entry.audio.format.query?.output)
    let parameter = try #require(places.encoding)
    var request = try Doorway(entry).request(ClientRequest(query: query(entry)))
    request.url.query.set(parameter, "nonsense_16000")
    try expectRefused(request, entry, "nonsense")
  }

  // MARK: -

  private func query(_ entry: VendorDescriptor) throws -> Query {
    var query = Query()
    guard let places = entry.audio.format.query?.input else { return query }
    let input = try CallFormat.input(for: AudioFormat(encoding: .pcmS16LE, rate: 16_000), query: query, entry)
    for (name, value) in [(places.encoding, input.declaration?.encoding), (places.rate, input.declaration?.rate.map(String.init))] {
      if let name, let value { query.set(name, value) }
    }
    return query
  }

  /// An answer in place of the 101, or a close at once, or at the first message.
  private func expectRefused(_ request: UpstreamRequest, _ entry: VendorDescriptor, _ why: String) throws {
    guard case .accepted(var session, _) = Doorway.admit(request, entry) else { return }
    var actions = session.opened(now: .zero)
    for text in entry.openings() where session.nextTick != nil || actions.isEmpty {
      var text = text
      if let credential = request.firstMessageCredential, let message = try? JSONValue.parse(text) {
        text = FirstMessage.placing(credential, in: message).text()
      }
      actions += session.receive(text: text, now: .zero)
    }
    let isClosed = actions.contains { if case .close = $0 { true } else { false } }
    #expect(isClosed, "\(entry.name) takes \(why): \(actions)")
  }
}
