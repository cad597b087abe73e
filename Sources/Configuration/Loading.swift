import YAML

extension GatewayConfiguration {
  /// What came of a file.
  public struct Loading: Sendable {
    /// Nil where there is an error.
    public var configuration: GatewayConfiguration?
    /// In the order of the file.
    public var diagnostics: [Diagnostic]
    /// The text, with what was found to be a secret covered.
    public var source: SourceText
    /// The `vendors` section as it stands, for whoever knows that format; there even where the rest has errors.
    public var vendors: Node?

    /// Every diagnostic with its line and a caret.
    public var rendered: String {
      diagnostics.map { $0.rendered(in: source) }.joined(separator: "\n")
    }
  }

  /// Reads and checks a route table.
  ///
  /// - Parameters:
  ///   - file: Its name for diagnostics; relative paths in the text are taken from its directory.
  ///   - environment: The process's environment, with the `.env` beside the file merged in.
  ///   - knownVendors: Names of the vendor catalogue.
  public static func load(text: String, file: String, environment: [String: String], knownVendors: [String]) -> Loading {
    var source = SourceText(text)
    var reader = Reader(file: file)
    let loaded = Loader.load(text)
    for problem in loaded.problems { reader.add(Diagnostic(problem, file: file)) }
    guard let root = loaded.root else {
      // The text could not be understood, so what is a secret in it is not known: show nothing of it that looks like one.
      source.coverLikelySecrets()
      return Loading(configuration: nil, diagnostics: reader.diagnostics, source: source, vendors: nil)
    }
    let configuration = reader.read(GatewayConfiguration.self, from: root, at: .file)
    if let configuration {
      Validation.run(configuration, root: root, environment: environment, knownVendors: knownVendors, reader: &reader)
    }
    for secret in reader.secrets { source.cover(secret) }
    return Loading(
      configuration: reader.hasErrors ? nil : configuration, diagnostics: reader.diagnostics.inOrder(), source: source,
      vendors: root["vendors"])
  }
}
