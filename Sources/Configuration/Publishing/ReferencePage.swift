/// The reference of a file format as Markdown: one table per section, from the same fields that read the file.
public enum ReferencePage {
  /// - Parameters:
  ///   - root: The section that is the whole file.
  ///   - title: The page's heading.
  ///   - introduction: Markdown that stands before the tables.
  public static func markdown(of root: SectionShape, title: String, introduction: String) -> String {
    var sections = [root]
    var index = 0
    while index < sections.count {
      for field in sections[index].fields {
        for inner in sectionsIn(field.shape) where !sections.contains(where: { $0.name == inner.name }) { sections.append(inner) }
      }
      index += 1
    }
    let names = Set(sections.map(\.name))
    return "# \(title)\n\n\(introduction)\n" + sections.map { "\n" + markdown($0, names) }.joined()
  }

  private static func markdown(_ section: SectionShape, _ names: Set<String>) -> String {
    var text = "## \(section.name)\n\n\(section.documentation)\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
    for field in section.fields {
      let standard = field.isRequired ? "required" : field.defaultText.map { "`\($0)`" } ?? ""
      var meaning = field.documentation
      if case .notYet(let note) = field.availability { meaning += " *Not yet in effect\(note.isEmpty ? "" : ": \(note)").*" }
      text += "| `\(field.key)` | \(link(field.typeName, names)) | \(cell(standard)) | \(cell(meaning)) |\n"
    }
    for rule in section.rules {
      let keys = rule.keys.map { "`\($0)`" }
      switch rule {
      case .exactlyOne: text += "\nExactly one of \(Quote.list(keys, last: "and")) must be given.\n"
      case .atMostOne: text += "\nAt most one of \(Quote.list(keys, last: "and")) may be given.\n"
      case .together: text += "\n\(Quote.list(keys, last: "and")) go together.\n"
      }
    }
    return text
  }

  private static func sectionsIn(_ shape: Shape) -> [SectionShape] {
    switch shape {
    case .section(_, let section): [section()]
    case .list(let item, _): sectionsIn(item)
    case .map(let value, _): sectionsIn(value)
    case .any(let shapes): shapes.flatMap(sectionsIn)
    default: []
    }
  }

  /// Section names in a type lead to their tables.
  private static func link(_ type: String, _ names: Set<String>) -> String {
    cell(
      type.split(separator: " ").map { word in
        names.contains(String(word)) ? "[\(word)](#\(word.lowercased()))" : String(word)
      }.joined(separator: " "))
  }

  private static func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
