import Glibc
import JSON
import TestSupport
import Testing
import Vendors

/// Vendors' own browser code, given the gateway's credential for the vendor's, in a real browser: every entry of the catalogue, every place
/// that a page can reach.
@Suite struct BrowserPlacesTests {
  private static let key = "canary-vendor-key-7c1e0"

  /// One socket of the page.
  private struct Place {
    let entry: String
    /// Of the placement, for messages.
    let name: String
    var query = Query()
    var protocols: [String] = []
    /// What the gateway has to choose of them.
    var answer = ""

    /// Nil for a place that a page cannot reach.
    init?(_ vendor: VendorDescriptor, _ placement: CredentialPlacement, token: String) {
      entry = vendor.name
      name = "\(vendor.name), \(placement)"
      switch placement {
      case .query(let parameter): query.set(parameter, token)
      case .subprotocol(let members):
        let offered = members.map { $0.replacing(CredentialPlacement.marker, with: token) }
        // A browser wants one of its subprotocols chosen, and a credential is never echoed: pages that offer nothing else add a word.
        let bearsNothing = members.filter { !$0.contains(CredentialPlacement.marker) }
        protocols = bearsNothing.isEmpty ? offered + ["voxgate"] : offered
        answer = bearsNothing.first ?? "voxgate"
      default: return nil
      }
    }
  }

  /// An entry as an upstream of the table, at an address of its own.
  private static func yaml(_ vendor: VendorDescriptor, number: Int, port: UInt16) -> (vendor: String, upstream: String, route: String) {
    let source = vendor.endpoint.url.source
    let path = source.firstRange(of: "://").map { source[$0.upperBound...].drop { $0 != "/" } } ?? ""
    let names = Set(TextTemplate(String(path)).variables)
    let others =
      (vendor.handshake.headers.map(\.template)
      + vendor.credential.placements.flatMap { placement -> [String] in
        if case .headers(let list) = placement { list.map(\.template) } else { [] }
      }).flatMap { TextTemplate($0).variables }
    let kept = names.union(others)
    var variables = ["host": "127.1.0.\(number):\(port)"]
    for name in kept where !["secret", "uuid", "date", "host"].contains(name) && vendor.endpoint.choices[name] == nil {
      variables[name] = vendor.endpoint.variables[name] ?? vendor.regions["default"]?[name] ?? "x"
    }
    func unused(_ keys: some Sequence<String>) -> String {
      keys.filter { !kept.contains($0) && $0 != "host" }.sorted().map { "\($0): null" }.joined(separator: ", ")
    }
    // Parameters that a client of the vendor would give.
    var query = vendor.endpoint.query.required.map { ($0, "x") } + vendor.endpoint.query.oneOf.compactMap { $0.first.map { ($0, "x") } }
    query = query.enumerated().filter { index, pair in !query[..<index].contains { $0.0 == pair.0 } }.map(\.element)
    for pair in ProbeScript(vendor).query {
      query.removeAll { $0.0 == pair.name }
      query.append((pair.name, pair.value))
    }
    func flow(_ pairs: [(String, String)]) -> String { pairs.map { "\($0.0): \"\($0.1)\"" }.joined(separator: ", ") }
    let own = "place.\(vendor.name.replacing(".", with: "_"))"
    return (
      """
        \(own):
          like: \(vendor.name)
          regions: null
          credential: {exchange: null}
          endpoint:
            url: "ws://{host}\(path)"
            variables: {\(unused(vendor.endpoint.variables.keys))}
            choices: {\(unused(vendor.endpoint.choices.keys))}

      """,
      """
        \(vendor.name.replacing(".", with: "_")): {vendor: \(own), credential: {env: VENDOR_KEY}, variables: {\(flow(variables.sorted { $0.key < $1.key }))}, \
      query: {defaults: {\(flow(query))}}}

      """,
      "  /\(vendor.name): {upstream: \(vendor.name.replacing(".", with: "_"))}\n"
    )
  }

  @Test func everyPlaceOfEveryVendor() throws {
    let catalogue = Catalogue.builtIn()
    let token = try AdmissionCredentialTests.token()
    let places = catalogue.names.compactMap { catalogue[$0] }.flatMap { vendor -> [Place] in
      // A token that is fetched, and a URL that is, come from another host than the socket's.
      guard vendor.initRequest == nil else { return [] }
      return vendor.credential.placements.compactMap { Place(vendor, $0, token: token) }
    }
    let entries = catalogue.names.compactMap { catalogue[$0] }.filter { vendor in places.contains { $0.entry == vendor.name } }
    #expect(places.count >= 30 && entries.count >= 20)

    let simulators = try ChildProcess(["env", "-i", Repository.voxgate, "simulate", "--port", "0"] + entries.map(\.name))
    var ports: [Int64] = []
    for entry in entries {
      try simulators.wait(for: #""vendor":"\#(entry.name)""#)
      let line = try #require(simulators.text.split(separator: "\n").first { $0.contains(#""vendor":"\#(entry.name)""#) })
      ports.append(try #require(try JSONValue.parse(Array(line.utf8))["port"]?.intValue))
    }
    let cases = places.map { place -> JSONValue in
      [
        "name": .string(place.name), "vendor": .string(place.entry),
        "target": .string("/\(place.entry)" + (place.query.items.isEmpty ? "" : "?\(place.query.text)")),
        "protocols": .array(place.protocols.map { .string($0) }), "answer": .string(place.answer),
      ]
    }
    let folder = TemporaryFolder()
    let plan = try folder.write(
      "plan.json",
      JSONValue.object([
        "token": .string(token), "key": .string(Self.key), "simulators": .array(ports.map { .int($0) }),
        "names": .array(entries.map { .string($0.name) }), "cases": .array(cases),
      ]).text())
    let bench = try SessionsBench(
      "places", ["places", plan], environment: ["JWT_SECRET": RefusalTests.secret, "VENDOR_KEY": Self.key]
    ) { port, program in
      let parts = entries.enumerated().map { Self.yaml($1, number: $0 + 1, port: port) }
      return """
        version: 1
        listeners: [{address: "127.0.0.1:0"}]
        admin: {address: "127.0.0.1:0"}
        authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
        defaults: {origins: ["http://localhost:\(try program.number(after: "page "))"], authentication: [app]}
        vendors:
        \(parts.map(\.vendor).joined())
        upstreams:
        \(parts.map(\.upstream).joined())
        routes:
        \(parts.map(\.route).joined())
        """
    }
    try bench.tell()
    try bench.visit()
    try bench.judge()
    #expect(!bench.gateway.log.contains(Self.key) && !bench.gateway.log.contains(token))
    kill(simulators.pid, SIGTERM)
    #expect(try simulators.finish() == 0)
  }
}
