import JSON
import YAML

/// One thing to say about a configuration file: what, where, and how bad. The text never holds a secret.
public struct Diagnostic: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable {
    /// The file cannot be used.
    case error
    /// Legal, but dangerous or without effect.
    case warning
  }

  /// Another place that explains this one, such as `first given here`.
  public typealias Related = YAMLError.Related

  public var severity: Severity
  /// The file's name as the user gave it.
  public var file: String
  /// Nil where the matter has no place in the file, such as a file that cannot be opened.
  public var mark: Mark?
  /// Lower case, one line; names the thing and what was expected.
  public var message: String
  /// What was probably meant.
  public var suggestion: String?
  public var related: Related?

  public init(
    _ severity: Severity, file: String, mark: Mark?, _ message: String, suggestion: String? = nil, related: Related? = nil
  ) {
    self.severity = severity
    self.file = file
    self.mark = mark
    self.message = message
    self.suggestion = suggestion
    self.related = related
  }

  /// A problem of the YAML text itself.
  public init(_ error: YAMLError, file: String) {
    self.init(
      .error, file: file, mark: error.mark, error.message,
      related: error.related)
  }

  /// `upstreams.yaml:14:9: error: unknown key 'vendr' in route '/deepgram-proxy'; did you mean 'vendor'?`
  public var headline: String {
    let place = mark.map { "\(file):\($0)" } ?? file
    return "\(place): \(severity.rawValue): \(message)" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
  }

  /// The headline, the line it is about with a caret under the place, and the same for the related place.
  public func rendered(in source: SourceText) -> String {
    var lines = [headline]
    if let mark { lines += source.excerpt(at: mark) }
    if let related {
      lines.append("\(file):\(related.mark): note: \(related.note)")
      lines += source.excerpt(at: related.mark)
    }
    return lines.joined(separator: "\n")
  }
}

extension Diagnostic {
  /// For other programs: `file`, `line`, `column`, `severity`, `message`, and where there are any `suggestion` and `related`.
  public var json: JSONValue {
    var object: JSONObject = ["file": .string(file), "severity": .string(severity.rawValue), "message": .string(message)]
    if let mark {
      object["line"] = .int(Int64(mark.line))
      object["column"] = .int(Int64(mark.column))
    }
    if let suggestion { object["suggestion"] = .string(suggestion) }
    if let related {
      object["related"] = [
        "line": .int(Int64(related.mark.line)), "column": .int(Int64(related.mark.column)), "note": .string(related.note),
      ]
    }
    return .object(object)
  }
}

extension Sequence<Diagnostic> {
  /// Whether the file cannot be used.
  public var hasErrors: Bool { contains { $0.severity == .error } }

  /// In the order of the text; at one place the errors first.
  public func inOrder() -> [Diagnostic] {
    sorted { left, right in
      let places = (left.mark ?? .start, right.mark ?? .start)
      if places.0 != places.1 { return places.0 < places.1 }
      if left.severity != right.severity { return left.severity == .error }
      return left.message < right.message
    }
  }
}
