import JSON
import TestSupport
import Testing
import Vendors

/// The playground with every vendor of the catalogue, as its simulator plays it, in a browser: it can be spoken with, or the page says why not.
@Suite struct PlaygroundEndpointsTests {
  /// What the page says of those that it cannot speak with.
  private static let cautions = [
    "baseten.model": "The playground cannot speak here: what clients say to 'baseten.model' is not in the catalogue."
  ]

  /// An entry as a route of its own.
  private struct Entry {
    let vendor: VendorDescriptor
    let path: String
    let upstream: String
    /// What the page does not add by itself: somebody has to choose it.
    let query: String

    init(_ vendor: VendorDescriptor) throws {
      self.vendor = vendor
      var variables: [String: String] = [:]
      let endpoint = try Self.endpoint(vendor, &variables)
      // Behind a path's `/*` the page says what the vendor's has to.
      path = "/\(vendor.name)" + (endpoint.openPlaces.isEmpty ? "" : "/*")
      let added = Set(ProbeScript(vendor).query.map(\.name))
      let rules = vendor.endpoint.query
      let needed = rules.required + rules.oneOf.filter { added.isDisjoint(with: $0) }.compactMap(\.first)
      query = Set(needed).subtracting(added).subtracting((rules.defaults + rules.forced).map(\.name)).sorted().map { "\($0)=x" }.joined(
        separator: "&")
      let given = variables.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      upstream = "{vendor: \(vendor.name), variables: {\(given)}}"
    }

    /// With a value for each name that has none.
    private static func endpoint(_ vendor: VendorDescriptor, _ variables: inout [String: String]) throws -> Endpoint {
      while true {
        do throws(EndpointError) {
          return try Endpoint(descriptor: vendor, settings: UpstreamSettings(variables: variables))
        } catch {
          guard case .variable(let name, _) = error, variables[name] == nil else { throw error }
          variables[name] = "somewhere"
        }
      }
    }
  }

  @Test func everyEndpointIsPlayedWith() throws {
    let catalogue = Catalogue.builtIn()
    let entries = try catalogue.names.map { try Entry(#require(catalogue[$0])) }
    #expect(entries.count == 66)
    let name = { (entry: Entry) in entry.vendor.name.replacing(".", with: "-").replacing("_", with: "-") }
    let gateway = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      upstreams:
      \(entries.map { "  \(name($0)): \($0.upstream)" }.joined(separator: "\n"))
      defaults: {authentication: none, origins: ["*"]}
      routes:
      \(entries.map { "  \($0.path): {upstream: \(name($0))}" }.joined(separator: "\n"))
      """, arguments: ["--simulate", "all"])
    let plan = JSONValue.array(
      entries.map { entry in
        let words = [entry.path, entry.vendor.kind.rawValue, entry.query, Self.cautions[entry.vendor.name] ?? ""]
        return .array(words.map { .string($0) })
      })
    let folder = TemporaryFolder()
    let program = try ChildProcess([
      Repository.python, "-B", "\(Repository.root)Tests/GatewayTests/Clients/endpoints.py", "\(gateway.port)",
      folder.write("plan.json", plan.text()),
    ])
    #expect(try program.finish() == 0, "\(program.text)\n\(gateway.log)")
    #expect(try gateway.stop() == 0)
  }
}
