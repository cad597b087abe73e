import ArgumentParser
import Configuration

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Prints the JSON Schema of upstreams.yaml.")

  func run() {
    Console.out(GatewayConfiguration.schemaText(), terminator: "")
  }
}
