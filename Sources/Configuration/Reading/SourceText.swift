import YAML

/// The text of a configuration file, as far as it may be shown: what the reader found to be a secret is covered.
public struct SourceText: Sendable {
  /// Stands in an excerpt for each covered stretch.
  public static let cover = "***"

  private static let widestExcerpt = 160

  private let lines: [[Unicode.Scalar]]
  private var covered: [Range<Mark>] = []

  public init(_ text: String) {
    var lines: [[Unicode.Scalar]] = [[]]
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars.drop(while: { $0 == "\u{FEFF}" }) {
      switch scalar {
      case "\n" where previous == "\r": break
      // The breaks that libyaml counts, so that line numbers agree.
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": lines.append([])
      default: lines[lines.count - 1].append(scalar)
      }
      previous = scalar
    }
    self.lines = lines
  }

  /// Covers what lies between two places in every excerpt.
  public mutating func cover(_ range: Range<Mark>) {
    covered.append(range)
  }

  /// Covers, line by line, what follows a key that usually carries a secret, and every long word of letters and digits.
  public mutating func coverLikelySecrets() {
    for (index, line) in lines.enumerated() {
      var word = ""
      var begin = 0
      for (column, scalar) in (line + [" "]).enumerated() {
        if scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-_+=".unicodeScalars.contains(scalar) {
          if word.isEmpty { begin = column }
          word.unicodeScalars.append(scalar)
          continue
        }
        let lineEnd = Mark(line: index + 1, column: line.count + 1)
        if scalar == ":", SecretName.isLikely(word) {
          cover(Mark(line: index + 1, column: column + 2)..<lineEnd)
        } else if SecretName.isLikelyValue(word) {
          cover(Mark(line: index + 1, column: begin + 1)..<Mark(line: index + 1, column: column + 1))
        }
        word = ""
      }
    }
  }

  /// The line of a place, and a line with a caret under it; nothing where the text has no such line.
  public func excerpt(at mark: Mark) -> [String] {
    guard lines.indices.contains(mark.line - 1) else { return [] }
    var (line, caret) = coveredLine(mark)
    var lead = ""
    if line.count > Self.widestExcerpt {
      let begin = max(0, min(caret - Self.widestExcerpt / 2, line.count - Self.widestExcerpt))
      let end = begin + Self.widestExcerpt
      let tail = end < line.count ? "…" : ""
      lead = begin > 0 ? "…" : ""
      line = Array(line[begin..<end]) + tail.unicodeScalars
      caret -= begin
    }
    let text = lead + String(String.UnicodeScalarView(line.map(Self.visible)))
    let indent = lead.map { _ in " " }.joined() + line.prefix(caret).map { $0 == "\t" ? "\t" : " " }.joined()
    return ["  " + text, "  " + indent + "^"]
  }

  /// The line with its secrets covered, and where in it the place has moved to.
  private func coveredLine(_ mark: Mark) -> (line: [Unicode.Scalar], caret: Int) {
    var line: [Unicode.Scalar] = []
    var caret: Int?
    var coverBegin: Int?
    for (index, scalar) in lines[mark.line - 1].enumerated() {
      let place = Mark(line: mark.line, column: index + 1)
      if covered.contains(where: { $0.contains(place) }) {
        if coverBegin == nil {
          coverBegin = line.count
          line += Self.cover.unicodeScalars
        }
      } else {
        coverBegin = nil
        line.append(scalar)
      }
      if place == mark { caret = coverBegin ?? line.count - 1 }
    }
    return (line, caret ?? line.count)
  }

  /// Control characters would act on the terminal.
  private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar.properties.generalCategory == .control && scalar != "\t" ? "\u{FFFD}" : scalar
  }
}
