import ArgumentParser
import Configuration

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validates a route table: every problem at once, with its place.",
    discussion: "Exits with 0, or with 78 when there are errors.")

  @Argument(help: "The route table.") var file = "upstreams.yaml"
  @Flag(help: "One JSON object per problem on standard output.") var json = false

  func run() throws {
    let table = try RouteTable(file)
    if json {
      for diagnostic in table.diagnostics { Console.out(diagnostic.json.text()) }
    } else {
      for diagnostic in table.diagnostics { Console.problem(diagnostic.rendered(in: table.source)) }
    }
    let errors = table.diagnostics.count { $0.severity == .error }
    let warnings = table.diagnostics.count - errors
    if !json { Console.problem("\(file): \(Self.count(errors, "error")), \(Self.count(warnings, "warning"))") }
    guard errors == 0 else { throw ExitCode.configuration }
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
