import JSON

/// A rule that audio breaks. Nothing of the audio is repeated.
public struct AudioViolation: Error, Sendable, Equatable, CustomStringConvertible {
  public var rule: AudioRule
  public var found: String
  public var expected: String

  public init(_ rule: AudioRule, found: String, expected: String) {
    self.rule = rule
    self.found = found
    self.expected = expected
  }

  init(_ problem: FormatProblem) {
    self.init(.formatNotAllowed, found: "\(problem.found) for '\(problem.name)'", expected: problem.expected)
  }

  init(_ fault: JSONFault) { self.init(.malformedJSON, found: "\(fault)", expected: "one JSON value") }

  init(_ error: FramingError) {
    self.init(.malformedFrame, found: error.description, expected: "one message of the vendor's framing")
  }

  init(_ problem: Base64Validator.Problem) {
    let found =
      switch problem {
      case .foreign(let offset): "a foreign character after \(offset) characters"
      case .length(let count): "\(count) characters, which are no whole groups of four"
      case .strayBits: "bits beyond the last byte"
      }
    self.init(.malformedBase64, found: found, expected: "base64 with padding")
  }

  public var description: String { "\(rule.rawValue): found \(found); expected \(expected)" }

  /// For the close frame that follows; it fits its 123 bytes.
  public var closeReason: String { "audio rejected: \(rule.rawValue)" }

  /// A message that tells the client, before the close frame.
  public var event: JSONValue {
    [
      "type": "error",
      "error": [
        "type": "audio_rejected", "rule": .string(rule.rawValue), "found": .string(found), "expected": .string(expected),
        "message": .string("found \(found); expected \(expected)"),
      ],
    ]
  }
}
