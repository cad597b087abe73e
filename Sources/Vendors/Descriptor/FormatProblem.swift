/// What is wrong with a declared format.
public struct FormatProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// The parameter or path that is wrong.
  public var name: String
  public var found: String
  public var expected: String

  public var description: String { "'\(name)' is \(found); expected \(expected)" }
}
