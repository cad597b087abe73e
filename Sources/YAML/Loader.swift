/// Turns a YAML text into nodes. Made for texts from people one does not know: every dimension has a limit, and what goes beyond
/// is an error with a place.
public enum Loader {
  public struct Limits: Sendable {
    /// Size of the text in bytes.
    public var bytes: Int
    /// Nested sequences and mappings, those behind aliases included.
    public var depth: Int
    /// Nodes of the document after every alias is expanded: what makes an alias bomb harmless.
    public var nodes: Int
    /// How many times an alias may be used.
    public var aliases: Int

    public init(bytes: Int = 4 << 20, depth: Int = 64, nodes: Int = 200_000, aliases: Int = 1_000) {
      self.bytes = bytes
      self.depth = depth
      self.nodes = nodes
      self.aliases = aliases
    }
  }

  /// What came of a text.
  public struct Loaded: Sendable {
    /// The document; nil where the text could not be read to its end.
    public var root: Node?
    /// In the order of the text. Where there is a root as well, these are problems that reading could go past, such as duplicate keys.
    public var problems: [YAMLError]

    public init(root: Node?, problems: [YAMLError]) {
      self.root = root
      self.problems = problems
    }
  }

  public static func load(_ text: String, limits: Limits = Limits()) -> Loaded {
    load(Array(text.utf8), limits: limits)
  }

  /// Reads one document in UTF-8, with or without a byte order mark.
  public static func load(_ bytes: [UInt8], limits: Limits = Limits()) -> Loaded {
    guard bytes.count <= limits.bytes else {
      let message = "the text has \(bytes.count) bytes; at most \(limits.bytes) are read"
      return Loaded(root: nil, problems: [YAMLError(.tooLarge, at: .start, message)])
    }
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes
    if let problem = CharacterCheck.firstProblem(in: text) { return Loaded(root: nil, problems: [problem]) }

    var composer = Composer(EventParser(text), limits: limits)
    do {
      let root = try composer.document()
      return Loaded(root: root, problems: composer.problems.sorted { $0.mark < $1.mark })
    } catch {
      return Loaded(root: nil, problems: (composer.problems + [error]).sorted { $0.mark < $1.mark })
    }
  }
}
