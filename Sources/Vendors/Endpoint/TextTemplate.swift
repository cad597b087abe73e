/// Text with `{name}` places. A brace pair that holds anything but a name (letters, digits, `_`, `.`, `-`) is text.
public struct TextTemplate: Sendable, Equatable, Hashable {
  enum Part: Sendable, Equatable, Hashable {
    case text(String)
    case variable(String)
  }

  public let source: String
  let parts: [Part]

  public init(_ source: String) {
    self.source = source
    var parts: [Part] = []
    var text = ""
    var rest = Substring(source)
    while let open = rest.firstIndex(of: "{") {
      text += rest[..<open]
      let after = rest.index(after: open)
      if let close = rest[after...].firstIndex(of: "}"), Self.isName(rest[after..<close]) {
        if !text.isEmpty { parts.append(.text(text)) }
        text = ""
        parts.append(.variable(String(rest[after..<close])))
        rest = rest[rest.index(after: close)...]
      } else {
        text.append("{")
        rest = rest[after...]
      }
    }
    text += rest
    if !text.isEmpty { parts.append(.text(text)) }
    self.parts = parts
  }

  /// The names in order of appearance, repeats included.
  public var variables: [String] {
    parts.compactMap { if case .variable(let name) = $0 { name } else { nil } }
  }

  /// The whole text is one place: its value may keep its own type.
  var onlyVariable: String? {
    if parts.count == 1, case .variable(let name) = parts[0] { name } else { nil }
  }

  /// The text with every known variable replaced; the unknown stay.
  public func expanded(_ value: (String) -> String?) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .variable(let name): value(name) ?? "{\(name)}"
      }
    }.joined()
  }

  /// What stands in the places of a text that this template makes, each as short as can be; nil for a text that it does not make.
  /// - Parameter accepts: whether a place may hold that.
  func values(in text: some StringProtocol, accepts: (String, Substring) -> Bool = { _, _ in true }) -> [String: String]? {
    Self.values(in: Substring(text), parts[...], accepts)
  }

  private static func values(
    in text: Substring, _ parts: ArraySlice<Part>, _ accepts: (String, Substring) -> Bool
  ) -> [String: String]? {
    guard let first = parts.first else { return text.isEmpty ? [:] : nil }
    switch first {
    case .text(let wanted):
      return text.hasPrefix(wanted) ? values(in: text.dropFirst(wanted.count), parts.dropFirst(), accepts) : nil
    case .variable(let name):
      for end in text.indices.dropFirst() + [text.endIndex] where end > text.startIndex {
        guard accepts(name, text[..<end]), let rest = values(in: text[end...], parts.dropFirst(), accepts) else { continue }
        return rest.merging([name: String(text[..<end])]) { _, new in new }
      }
      return nil
    }
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_.-".utf8.contains(byte)
        }
      }
  }
}
