import JSON

/// Which of the ways that a direction's audio may take are open now.
public struct CarriageState: Sendable {
  private let choices: [AudioCarriage.Choice]
  /// Of those with a condition, the ones that it has opened.
  private var opened: Set<Int> = []

  public init(_ choices: [AudioCarriage.Choice]) { self.choices = choices }

  /// A message of the client may open or close ways.
  public mutating func note(_ message: JSONValue) {
    for (index, choice) in choices.enumerated() {
      guard let when = choice.when else { continue }
      if when.matches(message) {
        opened.insert(index)
      } else if when.conditions.contains(where: { $0.path.first(in: message) != nil }) {
        // It says something else of the same matter.
        opened.remove(index)
      }
    }
  }

  /// Whether binary messages are audio.
  public var takesBinary: Bool { current.contains { $0.carriage == .binary } }

  /// Where the message holds audio; nil where it holds none.
  public func path(in message: JSONValue) -> JSONPath? { way(of: message)?.path }

  /// By which way the message brings audio; nil where it brings none.
  func way(of message: JSONValue) -> (choice: AudioCarriage.Choice, path: JSONPath)? {
    for choice in current {
      if case .json(let match, let path) = choice.carriage, match.matches(message) { return (choice, path) }
    }
    return nil
  }

  private var current: [AudioCarriage.Choice] {
    choices.enumerated().filter { $0.element.when == nil || opened.contains($0.offset) }.map(\.element)
  }
}
