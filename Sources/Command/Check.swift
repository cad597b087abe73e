import ArgumentParser
import Configuration

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validates a route table: every problem at once, with its place.",
    discussion: """
      What the file says is read, and what it names is tried: certificates, keys and files of tokens are loaded as 'serve' loads them. \
      Nothing is asked of the network, no port is opened, and no 'command' of a secret is run; 'probe' dials.

      Exits with 0, or with 78 when there are errors.
      """)

  @Argument(help: "The route table.") var file = "upstreams.yaml"
  @Flag(help: "One JSON object per problem on standard output.") var json = false

  func run() throws {
    let table = try RouteTable(file)
    let diagnostics = (table.diagnostics + table.rehearsed()).inOrder()
    if json {
      for diagnostic in diagnostics { Console.out(diagnostic.json.text()) }
    } else {
      for diagnostic in diagnostics { Console.problem(diagnostic.rendered(in: table.source)) }
    }
    let errors = diagnostics.count { $0.severity == .error }
    let warnings = diagnostics.count - errors
    if !json { Console.problem("\(file): \(Self.count(errors, "error")), \(Self.count(warnings, "warning"))") }
    guard errors == 0 else { throw ExitCode.configuration }
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
