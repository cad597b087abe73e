import ArgumentParser
import Configuration
import Gateway
import Logging
import ServiceLifecycle
import Telemetry
import UnixSignals

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Runs the gateway.")

  @Option(name: .customLong("config"), help: "The route table.") var file = "upstreams.yaml"
  @Option(
    help:
      "Which vendors their simulators stand in for: none, missing (those whose key is not set) or all. In production: none unless given.")
  var simulate: SimulationMode?

  func run() async throws {
    let table = try RouteTable(file)
    let configuration = try table.checked(warnings: true)
    let metrics = GatewayMetrics()
    let logger = Log.logger(configuration.logging, lost: metrics.logLinesLost())
    let settings = GatewayService.Settings(
      configuration: configuration, catalogue: table.catalogue, environment: table.environment,
      simulate: SimulationMode.inForce(simulate, configuration.environment), version: Voxgate.version, metrics: metrics,
      source: ReloadSource(table.file, files: table.files, simulate: simulate))
    do {
      try await Log.run([GatewayService(settings, logger: logger)], logger)
    } catch {
      logger.critical("cannot serve", metadata: ["error": "\(error)"])
      throw error is SnapshotFailure ? ExitCode.configuration : ExitCode.unavailable
    }
  }
}

extension SimulationMode: ExpressibleByArgument {}
