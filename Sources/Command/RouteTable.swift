import ArgumentParser
import Configuration
import Gateway
import Vendors

/// `upstreams.yaml` as the commands use it: read and checked, with the environment that its references are looked up in.
struct RouteTable {
  let catalogue: Catalogue
  let environment: [String: String]
  /// Everything there is to say about the file, in its order.
  let diagnostics: [Diagnostic]
  let source: SourceText
  /// What it was read from.
  let file: ConfigurationFile
  private let configuration: GatewayConfiguration?
  private let loading: GatewayConfiguration.Loading

  /// - Throws: exit 78, when there is no such file.
  init(_ file: String) throws {
    self.file = Self.file(file)
    let loaded: ConfigurationFile.Loaded
    do throws(FileError) {
      loaded = try self.file.load()
    } catch {
      Console.problem("\(file): error: cannot be read: \(error.reason)")
      throw ExitCode.configuration
    }
    loading = loaded.loading
    environment = loaded.environment
    catalogue = loaded.catalogue
    diagnostics = loaded.diagnostics
    source = loading.source
    configuration = loading.configuration
  }

  /// Every file that the table names.
  var files: Set<String> { loading.files }

  /// The configuration; problems go to standard error, and errors end with exit 78.
  ///
  /// - Parameter warnings: whether warnings are worth printing, too: to whoever runs the gateway they are.
  func checked(warnings: Bool = false) throws -> GatewayConfiguration {
    for diagnostic in diagnostics where warnings || diagnostic.severity == .error { Console.problem(diagnostic.rendered(in: source)) }
    guard let configuration, !diagnostics.hasErrors else { throw ExitCode.configuration }
    return configuration
  }

  /// What `serve` would stumble over beyond what the file itself says; nothing where the file has errors.
  func rehearsed() -> [Diagnostic] {
    guard let configuration, !diagnostics.hasErrors else { return [] }
    return Rehearsal.findings(configuration, catalogue: catalogue, environment: environment).map { finding in
      loading.diagnostic(finding.isError ? .error : .warning, finding.text, at: finding.path)
    }
  }

  /// The process's environment over the `.env` beside the file.
  static func environment(beside file: String) -> [String: String] {
    Self.file(file).environment()
  }

  private static func file(_ path: String) -> ConfigurationFile { ConfigurationFile(path, variables: ProcessEnvironment.variables) }
}
