import Configuration
import JSON
import Testing
@testable import Vendors

/// The way of a client's request to a vendor's simulator as a gateway leads it: the client's credential is taken out, the vendor's is put
/// where it belongs, and a request beforehand is made where the descriptor wants one.
struct Doorway {
  static let key = "vendor-key-CANARY-0123456789"
  static let clientKey = "gateway-key-CANARY-9876543210"

  /// The vendor's credential: the key, or where it has several fields, those with the key as the one that signs.
  static func secret(of vendor: VendorDescriptor) -> String { vendor.simulatedCredential(key) }

  let vendor: VendorDescriptor
  let endpoint: Endpoint

  /// - Parameter placement: where the vendor's credential goes, where it is not to be the descriptor's first place.
  init(_ vendor: VendorDescriptor, placement: CredentialPlacement? = nil) throws {
    self.vendor = vendor
    endpoint = try Endpoint(descriptor: vendor, settings: UpstreamSettings(variables: vendor.missingVariables, placement: placement))
  }

  /// The parameters without which the vendor refuses, but for those that declare formats.
  func completed(_ query: Query) -> Query {
    var query = query
    let places = [vendor.audio.format.query?.input, vendor.audio.format.query?.output].compactMap { $0 }
    let formats = places.flatMap { [$0.encoding, $0.rate, $0.channels] }.compactMap { $0 }
    let rules = vendor.endpoint.query
    let given = Set((rules.forced + rules.defaults).map(\.name))
    for name in rules.required + rules.oneOf.compactMap(\.first) {
      if !query.contains(name), !given.contains(name), !formats.contains(name) { query.items.append(Query.Item(name, "m")) }
    }
    return query
  }

  /// The request as the vendor gets it.
  func request(_ client: ClientRequest, secret: String? = Doorway.key) throws -> UpstreamRequest {
    let secret = secret.map { vendor.simulatedCredential($0) }
    var client = client
    client.query = completed(client.query)
    guard endpoint.needsInit(secret: secret) else { return try endpoint.request(client, secret: secret, uuid: "u") }
    let first = try endpoint.initRequest(client, secret: secret)
    let url = try UpstreamURL(first.url)
    let request = ClientRequest(rest: url.path, query: url.query, headers: first.headers)
    let answer = try #require(
      SimulatorREST.answer(
        first.method, request, body: first.body ?? "", vendor, secret: secret, authority: "127.0.0.1:1", seed: 5))
    return try endpoint.request(client, answer: (answer.status, answer.body), standIn: "127.0.0.1:1")
  }

  /// What the vendor's simulator says to it.
  func knock(_ client: ClientRequest, secret: String? = Doorway.key, expected: String? = Doorway.key) throws -> SimulatorAdmission {
    Self.admit(try request(client, secret: secret), vendor, expected: expected)
  }

  static func admit(
    _ request: UpstreamRequest, _ vendor: VendorDescriptor, expected: String? = key, at time: Int = 0, misbehaviour: Misbehaviour? = nil
  ) -> SimulatorAdmission {
    let expected = expected.map { $0 == key ? secret(of: vendor) : $0 }
    // As a server reads it: the offered subprotocols are among the headers as well.
    let offer = request.subprotocols.isEmpty ? [] : [("Sec-WebSocket-Protocol", request.subprotocols.joined(separator: ", "))]
    let seen = ClientRequest(
      rest: request.url.path, query: request.url.query, headers: fields([("Host", request.url.authority)] + request.headers + offer),
      subprotocols: request.subprotocols)
    return SimulatorSession.admit(seen, vendor, secret: expected, seed: 1, unixTime: time, misbehaviour: misbehaviour)
  }
}

extension VendorDescriptor {
  /// A value for every place that an operator has to fill.
  var missingVariables: [String: String] {
    var templates = [endpoint.url] + handshake.headers.map { TextTemplate($0.template) }
    templates += [initRequest?.url, credential.exchange?.restToken?.url].compactMap { $0 }
    for case .headers(let list) in credential.placements { templates += list.map { TextTemplate($0.template) } }
    let known = Set(["secret"]).union(endpoint.variables.keys).union(endpoint.choices.keys).union(regions["default"]?.keys.map { $0 } ?? [])
    var values: [String: String] = [:]
    for name in templates.flatMap(\.variables) where !known.contains(name) && !name.hasPrefix("query.") && !Endpoint.fresh.contains(name) {
      values[name] = "somewhere"
    }
    return values
  }

  /// What a client sends first.
  func openings() -> [String] {
    let values: [String: JSONValue] = ["model": "m", "voice": "v"]
    if !conversation.opening.isEmpty { return conversation.opening.map { $0.rendered { values[$0] } } }
    guard let first = lifecycle.firstMessage else { return [] }
    if let template = first.template { return [template.rendered { values[$0] }] }
    return first.match.map { [MessageSketch($0).value.text()] } ?? []
  }

  /// What a client sends to have a text spoken; where that is not known, all that its simulator answers with speech.
  func sayings(_ text: String) -> [String] {
    let values: [String: JSONValue] = ["model": "m", "voice": "v", "text": .string(text)]
    if !conversation.say.isEmpty { return conversation.say.map { $0.rendered { values[$0] } } }
    let rules = simulation?.messages.filter { rule in rule.steps.contains { $0.action == .run(.respond) } } ?? []
    let messages = rules.compactMap(\.match).map { MessageSketch($0).value.text() }
    return messages.isEmpty && audio.server != nil ? [#"{"anything":1}"#] : messages
  }
}
