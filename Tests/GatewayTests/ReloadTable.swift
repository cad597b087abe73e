import JSON
import TestSupport

/// A gateway whose route table a test replaces while it runs.
final class ReloadTable {
  let gateway: GatewayProcess
  let folder = TemporaryFolder()

  /// - Parameter table: may name files of `folder`, for which it is given the path.
  init(environment: [String: String] = [:], arguments: [String] = ["--simulate", "all"], _ table: (TemporaryFolder) throws -> String) throws
  {
    gateway = try GatewayProcess(table(folder), environment: ["K": "k"].merging(environment) { $1 }, arguments: arguments)
  }

  /// Any table of these tests.
  static func table(_ routes: String, tiers: String = "{}", more: String = "") -> String {
    AdmissionTable.head + """
      tiers: \(tiers)
      upstreams: {vendor: {vendor: deepgram.listen, credential: {env: K}, query: {defaults: {model: nova-3}}}}
      defaults: {authentication: none}
      routes: {\(routes)}
      \(more)

      """
  }

  /// The answer to `POST /reload`.
  @discardableResult
  func reload() throws -> (status: Int, body: JSONValue) {
    let answer = try gateway.get("/reload", port: gateway.adminPort, method: "POST")
    return (answer.status, try JSONValue.parse(answer.body))
  }

  /// How many reloads there were, by result.
  func count(_ result: String) throws -> Int { Int(try gateway.metrics()["voxgate_reloads_total{result=\"\(result)\"}"]) }

  /// The status of an opening.
  func status(_ path: String) throws -> Int { try AdmissionClient(gateway, UpgradeRequest(path)).status }
}
