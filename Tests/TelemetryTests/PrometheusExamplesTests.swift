import FoundationEssentials
import TestSupport
import Testing
@testable import Telemetry

/// `Examples/prometheus` and `Examples/grafana` are accepted by Prometheus' own tool, and ask for what there is.
@Suite struct PrometheusExamplesTests {
  private struct Dashboard: Decodable {
    struct Panel: Decodable {
      struct Target: Decodable {
        let expr: String
        let legendFormat: String
      }
      let id: Int
      let title: String
      let type: String
      let description: String?
      let targets: [Target]?
    }
    struct Variables: Decodable {
      struct Variable: Decodable {
        let name: String
        let definition: String?
      }
      let list: [Variable]
    }
    let panels: [Panel]
    let templating: Variables
  }

  private static func text(_ path: String) throws -> String { try String(contentsOfFile: Repository.root + path, encoding: .utf8) }

  private static func dashboard() throws -> Dashboard {
    try JSONDecoder().decode(Dashboard.self, from: Data(text("Examples/grafana/voxgate.json").utf8))
  }

  // MARK: The tool

  @Test(arguments: [["check", "config", "prometheus.yml"], ["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]])
  func isAccepted(arguments: [String]) throws {
    let run = try Promtool.run(arguments)
    #expect(run.status == 0 && run.text.contains("SUCCESS"), "\(run.text)")
  }

  /// A rule test that fires at other times, or with other words, fails: the tests above can.
  @Test func rulesAreReallyTested() throws {
    let folder = TemporaryFolder()
    let tests = try Self.text("Examples/prometheus/alerts_test.yml").replacing("[alerts.yml]", with: "[\(folder.file("alerts.yml"))]")
    try folder.write("alerts.yml", Self.text("Examples/prometheus/alerts.yml").replacing("> 0.05", with: "> 0.5"))
    let run = try Promtool.run(["test", "rules", folder.write("alerts_test.yml", tests)])
    #expect(run.status != 0 && run.text.contains("VoxgateUpstreamFailing"), "\(run.text)")
  }

  /// Every query of the dashboard is one: as rules, since the tool reads no dashboards.
  @Test func everyPanelAsksSomething() throws {
    var rules = "groups:\n  - name: panels\n    rules:\n"
    var count = 0
    for panel in try Self.dashboard().panels where panel.type != "row" {
      let targets = try #require(panel.targets, "\(panel.title)")
      #expect(!targets.isEmpty && panel.description?.hasSuffix(".") == true, "\(panel.title)")
      for target in targets {
        count += 1
        let query = target.expr.replacing("$__rate_interval", with: "5m").replacing("\"$instance\"", with: "\".*\"")
          .replacing("\"$route\"", with: "\".*\"")
        #expect(!query.contains("$"), "\(panel.title): \(query)")
        rules += "      - {record: \"panel:\(count)\", expr: '\(query)'}\n"
      }
    }
    #expect(count > 30)
    let folder = TemporaryFolder()
    let run = try Promtool.run(["check", "rules", folder.write("panels.yml", rules)])
    #expect(run.status == 0, "\(run.text)")
  }

  // MARK: Names

  /// Metrics and labels that queries name are the binary's; what a legend shows is kept by the query.
  @Test func everyNameExists() throws {
    let dashboard = try Self.dashboard()
    let alerts = try Self.text("Examples/prometheus/alerts.yml")
    var queries = dashboard.panels.flatMap { $0.targets ?? [] }.map(\.expr) + dashboard.templating.list.compactMap(\.definition)
    queries.append(alerts)
    let metrics = GatewayMetrics().summaries
    var used: Set<String> = []
    for query in queries {
      for match in query.matches(of: /\b((?:voxgate|process)_[a-z_]+)(?:\{([^}]*)\})?/) {
        let name = String(match.output.1)
        let metric = try #require(Self.metric(name, metrics), "\(name) in \(query)")
        used.insert(metric.name)
        for label in (match.output.2 ?? "").matches(of: /([a-z]+)\s*(?:=~|!~|!=|=)/) {
          let known = metric.labels + ["instance", "job"] + (name.hasSuffix("_bucket") ? ["le"] : [])
          #expect(known.contains(String(label.output.1)), "\(label.output.1) of \(name)")
        }
      }
    }
    for target in dashboard.panels.flatMap({ $0.targets ?? [] }) {
      for label in target.legendFormat.matches(of: /\{\{([a-z]+)\}\}/) {
        let isKept = target.expr.contains(/by \([a-z, ]*\b/) ? target.expr.contains(String(label.output.1)) : label.output.1 == "instance"
        #expect(isKept, "\(target.legendFormat): \(target.expr)")
      }
    }
    // The dashboard leaves nothing out that is worth a look.
    let unused = Set(metrics.map(\.name)).subtracting(used)
    #expect(unused.isSubset(of: ["voxgate_reactor_wakeups_total", "process_virtual_memory_bytes"]), "\(unused)")
  }

  /// The operator's own dashboard asks for what there is as well.
  @Test func theOwnDashboardKnowsTheNames() throws {
    let folder = Repository.root + "Sources/Gateway/Web/"
    let names = GatewayMetrics().summaries.map(\.name)
    var found = 0
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".js") {
      let script = try String(contentsOfFile: folder + file, encoding: .utf8)
      for match in script.matches(of: /"((?:voxgate|process)_[a-z_]+)"/) {
        found += 1
        #expect(names.contains(String(match.output.1)), "\(file): \(match.output.1)")
      }
    }
    #expect(found > 10)
  }

  private static func metric(_ name: String, _ metrics: [MetricSummary]) -> MetricSummary? {
    metrics.first { metric in
      metric.kind == .histogram ? ["_bucket", "_sum", "_count"].contains { metric.name + $0 == name } : metric.name == name
    }
  }

  /// Every alert is explained in the page, and none that there is not.
  @Test func everyAlertIsExplained() throws {
    let alerts = try Self.text("Examples/prometheus/alerts.yml").matches(of: /- alert: (\w+)/).map { String($0.output.1) }
    let page = try Self.text("Docs/Metrics.md").matches(of: /\n\| `(Voxgate\w+)` \|/).map { String($0.output.1) }
    #expect(alerts.count > 10 && Set(alerts).count == alerts.count)
    #expect(page == alerts)
    // Each is tested both ways: when it fires and, in a healthy gateway, when it does not.
    let tests = try Self.text("Examples/prometheus/alerts_test.yml")
    for alert in alerts {
      #expect(tests.contains("alertname: \(alert)}"), "\(alert) is not shown silent")
      #expect(tests.contains("alertname: \(alert)\n        exp_alerts:"), "\(alert) is not shown firing")
    }
  }

  /// Panels have their own place and their own number.
  @Test func panelsAreApart() throws {
    let panels = try Self.dashboard().panels
    #expect(Set(panels.map(\.id)).count == panels.count)
  }
}
