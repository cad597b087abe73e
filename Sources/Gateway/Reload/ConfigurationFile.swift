import Configuration
import Vendors

/// A route table in a file, with the environment that its references are looked up in: what `check` reads, `serve` starts with and every
/// reload reads again.
public struct ConfigurationFile: Sendable {
  /// What came of reading it.
  public struct Loaded: Sendable {
    /// The vendors built in, and the file's own.
    public let catalogue: Catalogue
    /// The process's environment over the `.env` beside the file.
    public let environment: [String: String]
    /// Everything there is to say about the file, in its order.
    public let diagnostics: [Diagnostic]
    public let loading: GatewayConfiguration.Loading

    /// Nil where there are errors.
    public var configuration: GatewayConfiguration? { diagnostics.hasErrors ? nil : loading.configuration }
  }

  public let path: String
  private let variables: [String: String]

  /// - Parameter variables: the process's own environment.
  public init(_ path: String, variables: [String: String]) {
    self.path = path
    self.variables = variables
  }

  /// Reads and checks the file. Blocks.
  public func load() throws(FileError) -> Loaded {
    let environment = environment()
    let text = String(decoding: try SmallFile.read(path), as: UTF8.self)
    let loading = GatewayConfiguration.load(
      text: text, file: path, environment: environment, knownVendors: Catalogue.builtIn().names)
    var reader = Reader(file: path)
    let catalogue = Catalogue.with(loading.vendors, &reader)
    return Loaded(
      catalogue: catalogue, environment: environment, diagnostics: (loading.diagnostics + reader.diagnostics).inOrder(), loading: loading)
  }

  /// The process's environment over the `.env` beside the file.
  public func environment() -> [String: String] {
    guard let bytes = try? SmallFile.read(environmentFile) else { return variables }
    return DotEnv(String(decoding: bytes, as: UTF8.self)).merged(into: variables)
  }

  var environmentFile: String { (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "") + ".env" }
}
