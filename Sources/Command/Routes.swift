import ArgumentParser
import Configuration
import JSON

struct Routes: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Prints the effective route table; of secrets only where they are.")

  @Option(name: .customLong("config"), help: "The route table.") var file = "upstreams.yaml"
  @Flag(help: "One JSON object per route.") var json = false

  func run() throws {
    let table = try RouteTable(file)
    let configuration = try table.checked()
    let rows = configuration.routes.map { route -> [(String, String)] in
      let upstream = configuration.upstreams[route.upstream]
      let credential = upstream?.credential.map { reference in
        let isSet = (try? reference.resolve(environment: table.environment)) != nil
        return "\(reference) \(isSet ? "set" : "not set")"
      }
      return [
        ("route", route.path.description), ("upstream", route.upstream), ("to", upstream?.vendor ?? upstream?.url?.description ?? ""),
        ("credential", credential ?? "none"), ("enabled", "\(route.enabled.isOn(environment: table.environment))"),
        ("authentication", route.authentication.map { $0 == .none ? "none" : $0.names.joined(separator: " ") } ?? ""),
        ("origins", route.origins.map(\.description).joined(separator: " ")), ("tier", route.tier ?? "none"),
      ]
    }
    if json {
      for row in rows { Console.out(JSONValue.object(JSONObject(row.map { .init($0.0, .string($0.1)) })).text()) }
    } else {
      Console.out(Columns.text(rows.first?.map(\.0) ?? [], rows.map { $0.map(\.1) }))
    }
  }
}
