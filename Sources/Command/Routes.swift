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
    let rows = configuration.routes.map { route -> [(String, JSONValue)] in
      let upstream = configuration.upstreams[route.upstream]
      let credential = upstream?.credential.map { reference in
        let isSet = (try? reference.resolve(environment: table.environment)) != nil
        return "\(reference) \(isSet ? "set" : "not set")"
      }
      return [
        ("route", .string(route.path.description)), ("upstream", .string(route.upstream)),
        ("to", .string(upstream?.vendor ?? upstream?.url?.description ?? "")), ("credential", credential.map { .string($0) } ?? .null),
        ("enabled", .bool(route.enabled.isOn(environment: table.environment))),
        ("authentication", Self.list(route.authentication?.names ?? [])),
        ("origins", Self.list(route.origins.map(\.description))), ("tier", route.tier.map { .string($0) } ?? .null),
      ]
    }
    if json {
      for row in rows { Console.out(JSONValue.object(JSONObject(row.map { .init($0.0, $0.1) })).text()) }
    } else {
      Console.out(Columns.text(rows.first?.map(\.0) ?? [], rows.map { $0.map { Self.cell($0.1) } }))
    }
  }

  private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  private static func cell(_ value: JSONValue) -> String {
    switch value {
    case .null, .array([]): "none"
    case .array(let elements): elements.map(cell).joined(separator: " ")
    default: value.stringValue ?? value.text()
    }
  }
}
