import Configuration

/// A descriptor to fill in, made from the fields that read one and from the examples of Docs/Vendors.md: it knows what they know.
public enum VendorTemplate {
  /// What an endpoint cannot be described without. These stand there without a value, so that `voxgate check` asks for each.
  private static let essential: Set<String> = [
    "kind", "source", "endpoint", "endpoint.url", "credential", "credential.placement", "codec", "codec.client", "codec.server",
    "discriminator", "audio", "audio.client", "audio.server", "audio.allowed", "lifecycle", "lifecycle.ready",
  ]

  private static let width = 120

  /// The entry of `vendors` for an endpoint of this name, as YAML that stands two columns in.
  public static func text(_ name: String) -> String {
    let name = YAMLText.flow(name)
    let shape = VendorDescriptor.section.shape(defaults: VendorDescriptor())
    let examples = Examples(VendorDescriptor.introduction + VendorDescriptor.vocabulary)
    var lines = comment(
      """
      A descriptor to fill in, for the 'vendors' section of upstreams.yaml. Keys without a value want one, or are deleted where the \
      vendor has no such thing; 'voxgate check' names each with its line. Lines with '##' are words. Lines with '#' are examples, one \
      or more for a key: take the '#' away and change them, or delete them. Docs/Vendors.md explains every key and the simulator.
      """, 2)
    lines += comment("Used by an upstream and a route beside it:", 2)
    lines.append("  ##   upstreams: {own: {vendor: \(name), credential: {env: OWN_API_KEY}}}")
    lines.append("  ##   routes: {/own: {upstream: own, authentication: none}}")
    lines.append("  \(name):")
    for field in shape.fields { lines += entry(field, path: field.key, indent: 4, examples) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func entry(_ field: SectionShape.Field, path: String, indent: Int, _ examples: Examples) -> [String] {
    let blanks = String(repeating: " ", count: indent)
    let children = sections(in: field.shape).first?.fields ?? []
    let isLive = essential.contains(path)
    var lines = comment("\(field.key): \(field.documentation)\(kind(field, children))", indent)
    let isOpened = isLive && children.contains { essential.contains("\(path).\($0.key)") }
    if !isOpened { lines += children.flatMap { comment("  \($0.key): \($0.documentation)\(kind($0))", indent) } }
    // An example shows what stands beside the keys that are asked for as well.
    for example in examples.of(path) { lines += example.map { "\(blanks)#\($0)" } }
    guard isLive else { return lines }
    lines.append("\(blanks)\(field.key):")
    if isOpened {
      // What is asked for comes first.
      let (asked, others) = (
        children.filter { essential.contains("\(path).\($0.key)") }, children.filter { !essential.contains("\(path).\($0.key)") }
      )
      for child in asked + others { lines += entry(child, path: "\(path).\(child.key)", indent: indent + 2, examples) }
    }
    return lines
  }

  /// The form of a value, in brackets; nothing for a section whose keys are told.
  private static func kind(_ field: SectionShape.Field, _ children: [SectionShape.Field] = []) -> String {
    guard children.isEmpty, sections(in: field.shape).isEmpty else { return "" }
    return " [\(field.typeName)]".replacing("`", with: "")
  }

  private static func sections(in shape: Shape) -> [SectionShape] {
    switch shape {
    case .section(_, let section): [section()]
    case .list(let item, _): sections(in: item)
    case .map(let value, _): sections(in: value)
    case .any(let shapes): shapes.flatMap(sections)
    default: []
    }
  }

  /// A comment of as many lines as it takes; further ones are set in as the first.
  private static func comment(_ text: String, _ indent: Int) -> [String] {
    let lead = text.prefix { $0 == " " }
    let blanks = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + 3 + lead.count + line.count + word.count > width {
        lines.append(line)
        line = "  "
      }
      line += line.isEmpty || line == "  " ? String(word) : " \(word)"
    }
    return (lines + [line]).map { "\(blanks)## \(lead)\($0)" }
  }
}

/// The examples of a page, by the top key that they show.
private struct Examples {
  private var byKey: [String: [[String]]] = [:]

  init(_ page: String) {
    var block: [String]?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if let lines = block, line == "```" {
        add(lines)
        block = nil
      } else if block != nil {
        block?.append(String(line))
      } else if line == "```yaml" {
        block = []
      }
    }
  }

  /// A whole entry shows its simulation; the pieces show themselves.
  private mutating func add(_ block: [String]) {
    let isEntry = block.first == "vendors:"
    let lines = isEntry ? block.dropFirst(2).map { String($0.dropFirst(4)) } : block
    var key = ""
    for line in lines {
      if let first = line.first, first != " " {
        key = String(line.prefix { $0 != ":" })
        if !isEntry || key == "simulation" { byKey[key, default: []].append([]) }
      }
      if let last = byKey[key]?.indices.last, !isEntry || key == "simulation" { byKey[key]?[last].append(line) }
    }
  }

  func of(_ key: String) -> [[String]] { byKey[key] ?? [] }
}
