import Configuration
import Tokens
import YAML

/// The keys of a file, ready to be searched.
public struct APIKeySet: Sendable, Equatable {
  /// Most in one file.
  public static let maximumCount = 10_000

  /// What came of a file.
  public struct Loading: Sendable {
    /// Nil where there is an error.
    public var keys: APIKeySet?
    /// In the order of the file.
    public var diagnostics: [Diagnostic]
    /// The text, with what may be a secret covered.
    public var source: SourceText

    /// Every diagnostic with its line and a caret.
    public var rendered: String { diagnostics.map { $0.rendered(in: source) }.joined(separator: "\n") }
  }

  public let keys: [APIKey]
  /// By the first quarter of the hash: how long a search takes says no more than that.
  private let index: [UInt64: [Int]]

  public init(_ keys: [APIKey]) {
    self.keys = keys
    index = Dictionary(grouping: keys.indices) { keys[$0].fingerprint.prefix }
  }

  /// The key whose hash this credential has, expired or not.
  public func key(for credential: String) -> APIKey? {
    let fingerprint = Fingerprint(of: credential)
    var found: APIKey?
    for place in index[fingerprint.prefix] ?? [] where keys[place].fingerprint == fingerprint { found = keys[place] }
    return found
  }

  /// Reads a file of keys, in YAML or JSON:
  ///
  /// ```yaml
  /// keys:
  ///   - sha256: 5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
  ///     subject: kiosk-berlin
  ///     tier: gold
  ///     routes: [/listen]
  ///     expires: 2026-12-31
  /// ```
  ///
  /// - Parameter file: its name for diagnostics.
  public static func load(_ bytes: [UInt8], file: String) -> Loading {
    var source = SourceText(String(decoding: bytes, as: UTF8.self))
    var reader = Reader(file: file)
    let loaded = Loader.load(bytes)
    for problem in loaded.problems { reader.add(Diagnostic(problem, file: file)) }
    guard let root = loaded.root else {
      source.coverLikelySecrets()
      return Loading(keys: nil, diagnostics: reader.diagnostics, source: source)
    }
    let list = reader.read(APIKeyList.self, from: root, at: .file)
    for secret in reader.secrets { source.cover(secret) }
    return Loading(
      keys: reader.hasErrors ? nil : list.map { APIKeySet($0.keys) }, diagnostics: reader.diagnostics.inOrder(), source: source)
  }
}
