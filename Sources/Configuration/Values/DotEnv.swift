/// The `.env` file beside the route table: `NAME=value` lines, `#` comments, an optional `export`.
///
/// A value in single quotes is taken as it is; in double quotes `\n`, `\t`, `\"`, `\\` and `\$` are escapes; both may span lines. Without
/// quotes a value ends at a `#` after a blank, and blanks around it are dropped. Nothing is expanded.
public struct DotEnv: Sendable {
  /// What a line is wrong about; never quotes the line.
  public struct Problem: Hashable, Sendable {
    public var line: Int
    public var message: String
  }

  public private(set) var values: [String: String] = [:]
  public private(set) var problems: [Problem] = []

  private var text: Substring.UnicodeScalarView
  private var line = 1

  public init(_ text: String) {
    self.text = Substring(text).unicodeScalars
    while let first = self.text.first {
      if first == "\n" || first == "\r" || first == " " || first == "\t" || first == "\u{FEFF}" {
        _ = take()
      } else if first == "#" {
        skipLine()
      } else {
        assignment()
      }
    }
  }

  /// The environment with the file's values added: what is set outside the file wins.
  public func merged(into environment: [String: String]) -> [String: String] {
    values.merging(environment) { _, real in real }
  }

  private mutating func assignment() {
    var name = takeName()
    if name == "export", text.first == " " || text.first == "\t" {
      skipBlanks()
      name = takeName()
    }
    skipBlanks()
    guard !name.isEmpty, !("0"..."9").contains(name.unicodeScalars.first ?? "0"), text.first == "=" else {
      problems.append(Problem(line: line, message: "expected NAME=value"))
      return skipLine()
    }
    _ = take()
    skipBlanks()
    let begin = line
    switch text.first {
    case "'": quoted(name, by: "'", begin)
    case "\"": quoted(name, by: "\"", begin)
    default: values[name] = takePlain()
    }
  }

  private mutating func quoted(_ name: String, by quote: Unicode.Scalar, _ begin: Int) {
    _ = take()
    var value = String.UnicodeScalarView()
    while let next = take() {
      if next == quote {
        values[name] = String(value)
        skipBlanks()
        if let rest = text.first, rest != "#", rest != "\n", rest != "\r" {
          problems.append(Problem(line: line, message: "expected the end of the line after the quoted value of \(name)"))
        }
        return skipLine()
      }
      if quote == "\"", next == "\\", let escaped = take() {
        switch escaped {
        case "n": value.append("\n")
        case "t": value.append("\t")
        case "r": value.append("\r")
        case "\"", "\\", "$": value.append(escaped)
        default: value.append(contentsOf: [next, escaped])
        }
      } else {
        value.append(next)
      }
    }
    problems.append(Problem(line: begin, message: "the quoted value of \(name) has no end"))
  }

  private mutating func takePlain() -> String {
    var value = String.UnicodeScalarView()
    while let next = text.first, next != "\n", next != "\r" {
      if next == "#", value.last.map({ $0 == " " || $0 == "\t" }) ?? true {
        skipLine()
        break
      }
      value.append(next)
      _ = take()
    }
    while value.last == " " || value.last == "\t" { value.removeLast() }
    return String(value)
  }

  private mutating func takeName() -> String {
    var name = ""
    while let next = text.first, next == "_" || next.isASCII && (next.properties.isAlphabetic || ("0"..."9").contains(next)) {
      name.unicodeScalars.append(next)
      _ = take()
    }
    return name
  }

  private mutating func skipBlanks() {
    while text.first == " " || text.first == "\t" { _ = take() }
  }

  private mutating func skipLine() {
    while let next = text.first, next != "\n" {
      _ = next
      _ = take()
    }
  }

  private mutating func take() -> Unicode.Scalar? {
    let next = text.popFirst()
    if next == "\n" { line += 1 }
    return next
  }
}
