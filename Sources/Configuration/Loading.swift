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
    /// Every file that it names: certificates, keys, secrets.
    public var files: Set<String> = []
    /// The document, for places; nil where the text is none.
    var root: Node?
    var file = ""

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
      return Loading(configuration: nil, diagnostics: reader.diagnostics, source: source, vendors: nil, root: nil, file: file)
    }
    let configuration = reader.read(GatewayConfiguration.self, from: root, at: .file)
    if let configuration {
      Validation.run(configuration, root: root, environment: environment, knownVendors: knownVendors, reader: &reader)
    }
    for secret in reader.secrets { source.cover(secret) }
    return Loading(
      configuration: reader.hasErrors ? nil : configuration, diagnostics: reader.diagnostics.inOrder(), source: source,
      vendors: root["vendors"], files: reader.files, root: root, file: file)
  }
}

extension GatewayConfiguration.Loading {
  /// Something to say of a place that is known by the keys, and positions in lists from 0, that lead to it. Those that are not in the file
  /// are left out.
  public func diagnostic(_ severity: Diagnostic.Severity, _ message: String, at path: [String]) -> Diagnostic {
    var mark: Mark?
    var node = root
    for step in path {
      if let entry = node?.entry(step) {
        // Nothing worth a caret stands behind a key with keys of its own.
        mark = entry.value.scalar == nil ? entry.key.start : entry.value.start
        node = entry.value
      } else if let index = Int(step), let items = node?.sequence, items.indices.contains(index) {
        mark = items[index].start
        node = items[index]
      }
    }
    return Diagnostic(severity, file: file, mark: mark, message)
  }
}
