/// What is wrong with a YAML text, and where. The message never contains the text itself: it may hold secrets.
public struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    case encoding, syntax, empty, severalDocuments
    case tooLarge, tooDeep, tooManyNodes, tooManyAliases
    case unknownAnchor, recursiveAlias
    case unsupportedTag, unsupportedKey, unsupportedMerge
    case duplicateKey
  }

  /// Another place that explains the error.
  public struct Related: Hashable, Sendable {
    public var mark: Mark
    public var note: String

    public init(mark: Mark, note: String) {
      self.mark = mark
      self.note = note
    }
  }

  public var kind: Kind
  public var mark: Mark
  /// Lower case; names the thing and what was expected.
  public var message: String
  public var related: Related?

  public init(_ kind: Kind, at mark: Mark, _ message: String, related: Related? = nil) {
    self.kind = kind
    self.mark = mark
    self.message = message
    self.related = related
  }

  /// `14:9: duplicate key 'vendor' (first given at 12:3)`
  public var description: String {
    "\(mark): \(message)" + (related.map { " (\($0.note): \($0.mark))" } ?? "")
  }
}
