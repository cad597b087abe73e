import ArgumentParser
import Configuration
import Gateway
import JSON
import Logging
import Vendors

struct Probe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Dials the upstreams of routes with their real credentials: reached, authenticated, ready.",
    discussion: """
      Each is opened as a session would open it: token, name, connection, TLS, upgrade, the vendor's opening messages, and the messages that \
      make it ready; then it is closed. No audio is sent. Every endpoint, fallback and credential of a route is a line of its own. Where a vendor tells nothing of its readiness, a moment without a refusal counts.

      Times are milliseconds of each step by itself. A route whose path or parameters only a client can give is skipped; a parameter \
      may be given with --query, and what follows a route that ends in /* with --path.

      Exits with 0 when all are ready, with 69 when one is not, with 78 when the route table is wrong.
      """)

  @Argument(help: "Routes such as /deepgram-proxy; all of the table unless given.") var routes: [String] = []
  @Option(name: .customLong("config"), help: "The route table.") var file = "upstreams.yaml"
  @Option(help: "Which vendors their simulators stand in for: none, missing (those whose key is not set) or all.")
  var simulate = SimulationMode.none
  @Option(name: .customLong("query"), help: "NAME=VALUE: a parameter that a client would give. May be repeated.") var parameters: [String] =
    []
  @Option(help: "What a client's path would have behind a route that ends in /*, such as /v1/text-to-speech/VOICE/stream-input.")
  var path: String?
  @Flag(help: "One JSON object per route.") var json = false

  func run() async throws {
    let table = try RouteTable(file)
    let configuration = try table.checked()
    let chosen = try routes.isEmpty ? configuration.routes : routes.map { try Self.route($0, in: configuration, file) }
    if let path, !chosen.contains(where: \.path.isPrefix) {
      throw ValidationError("'--path' is '\(path)', and no route that is dialled ends in /*")
    }
    let query = try parameters.map { text in
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw ValidationError("'--query' is '\(text)'; expected NAME=VALUE, such as model=nova-3")
      }
      return (name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    }
    let settings = GatewayService.Settings(
      configuration: configuration, catalogue: table.catalogue, environment: table.environment, simulate: simulate,
      version: Voxgate.version)
    var line = ProgressLine()
    let probe = UpstreamProbe(
      settings, query: query, rest: path ?? "", logger: Logger(label: "voxgate") { _ in SwiftLogNoOpLogHandler() })
    let results = try await probe.run(chosen) { done, all in line.show("\(done) of \(all) dials") }
    line.clear()
    if json {
      for result in results { Console.out(result.json.text()) }
    } else {
      Console.out(Self.table(results))
      for result in results {
        guard let problem = result.problem else { continue }
        let who = result.upstream + (result.credential.map { " with \($0)" } ?? "")
        Console.problem("\(result.route): \(result.isSkipped ? "skipped" : "error"): \(who): \(problem)")
      }
    }
    guard results.allSatisfy(\.isFine) else { throw ExitCode.unavailable }
  }

  private static func route(_ name: String, in configuration: GatewayConfiguration, _ file: String) throws -> Route {
    if let route = configuration.routes.first(where: { $0.path.description == name }) { return route }
    let known = configuration.routes.map(\.path.description).joined(separator: ", ")
    throw ValidationError("no route '\(name)' in '\(file)'; expected one of \(known)")
  }

  private static func table(_ results: [ProbeResult]) -> String {
    let header = ["route", "upstream", "host", "reached", "authenticated", "ready", "dns ms", "tcp ms", "tls ms", "upgrade ms", "ready ms"]
    return Columns.text(
      header,
      results.map { result in
        let stages = [ProbeResult.Stage.reached, .authenticated, .ready].map { stage in
          result.isSkipped || result.host == nil ? "-" : result.stage >= stage ? "yes" : "no"
        }
        let times = [result.times.dns, result.times.tcp, result.times.tls, result.times.upgrade, result.times.ready]
        let host = (result.host ?? "-") + (result.isSimulated ? " (simulator)" : "")
        return [result.route, result.upstream, host] + stages + times.map { $0.map { "\($0)" } ?? "-" }
      })
  }
}
