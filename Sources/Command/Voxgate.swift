import ArgumentParser

@main
struct Voxgate: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "voxgate", abstract: "A gateway between frontends and realtime voice vendors.", version: version,
    subcommands: [Serve.self, Check.self, Routes.self, ListVendors.self, Probe.self, Call.self, Simulate.self, Token.self, Schema.self])
}
