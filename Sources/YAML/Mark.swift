/// A place in a YAML text. Both numbers start at 1; columns count Unicode scalars, as editors do.
public struct Mark: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The first character of a text.
  public static let start = Mark(line: 1, column: 1)

  public static func < (left: Mark, right: Mark) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }

  /// `14:9`
  public var description: String { "\(line):\(column)" }
}
