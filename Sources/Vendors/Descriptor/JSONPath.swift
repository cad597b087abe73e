import JSON

/// A way to values inside a JSON message: `response.usage.total_tokens`, `content[0].text`, `parts[*].data`.
public struct JSONPath: Sendable, Equatable, Hashable {
  public enum Step: Sendable, Equatable, Hashable {
    case member(String)
    case element(Int)
    /// `[*]`: every element of an array.
    case every
  }

  public let text: String
  public let steps: [Step]

  /// Nil for a text that is no path: an empty member, an unfinished bracket.
  public init?(_ text: String) {
    var steps: [Step] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let name = part.prefix { $0 != "[" }
      if !name.isEmpty { steps.append(.member(String(name))) } else if part.isEmpty || steps.isEmpty { return nil }
      var rest = part[name.endIndex...]
      while !rest.isEmpty {
        guard rest.first == "[", let close = rest.firstIndex(of: "]") else { return nil }
        let index = rest[rest.index(after: rest.startIndex)..<close]
        if index == "*" {
          steps.append(.every)
        } else if let number = Int(index), number >= 0 {
          steps.append(.element(number))
        } else {
          return nil
        }
        rest = rest[rest.index(after: close)...]
      }
    }
    self.text = text
    self.steps = steps
  }

  /// Every value that the path leads to; at most one unless it has a `[*]`.
  public func all(in value: JSONValue) -> [JSONValue] {
    steps.reduce([value]) { values, step in
      values.flatMap { value -> [JSONValue] in
        switch step {
        case .member(let name): value[name].map { [$0] } ?? []
        case .element(let index): value[index].map { [$0] } ?? []
        case .every: value.arrayValue ?? []
        }
      }
    }
  }

  /// The first value that the path leads to.
  public func first(in value: JSONValue) -> JSONValue? { all(in: value).first }
}
