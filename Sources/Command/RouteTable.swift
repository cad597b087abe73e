import ArgumentParser
import Configuration
import Vendors

/// `upstreams.yaml` as the commands use it: read and checked, with the environment that its references are looked up in.
struct RouteTable {
  let catalogue: Catalogue
  let environment: [String: String]
  /// Everything there is to say about the file, in its order.
  let diagnostics: [Diagnostic]
  let source: SourceText
  private let configuration: GatewayConfiguration?

  /// - Throws: exit 78, when there is no such file.
  init(_ file: String) throws {
    environment = Self.environment(beside: file)
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try SmallFile.read(file)
    } catch {
      Console.problem("\(file): error: cannot be read: \(error.reason)")
      throw ExitCode.configuration
    }
    let loading = GatewayConfiguration.load(
      text: String(decoding: bytes, as: UTF8.self), file: file, environment: environment, knownVendors: Catalogue.builtIn().names)
    var reader = Reader(file: file)
    catalogue = Catalogue.with(loading.vendors, &reader)
    diagnostics = (loading.diagnostics + reader.diagnostics).inOrder()
    source = loading.source
    configuration = loading.configuration
  }

  /// The configuration; problems go to standard error, and errors end with exit 78.
  ///
  /// - Parameter warnings: whether warnings are worth printing, too: to whoever runs the gateway they are.
  func checked(warnings: Bool = false) throws -> GatewayConfiguration {
    for diagnostic in diagnostics where warnings || diagnostic.severity == .error { Console.problem(diagnostic.rendered(in: source)) }
    guard let configuration, !diagnostics.hasErrors else { throw ExitCode.configuration }
    return configuration
  }

  /// The process's environment over the `.env` beside the file.
  static func environment(beside file: String) -> [String: String] {
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    let own = ProcessEnvironment.variables
    guard let bytes = try? SmallFile.read(folder + ".env") else { return own }
    return DotEnv(String(decoding: bytes, as: UTF8.self)).merged(into: own)
  }
}
