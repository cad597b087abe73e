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
  ///
  /// Without `accepts` the time is that of reading the text once. With it, one place after another is tried: for short texts only.
  /// - Parameter accepts: whether a place may hold that; nil where all may hold anything.
  func values(in text: some StringProtocol, accepts: ((String, Substring) -> Bool)? = nil) -> [String: String]? {
    Self.values(in: Substring(text), parts[...], accepts)
  }

  private static func values(
    in text: Substring, _ parts: ArraySlice<Part>, _ accepts: ((String, Substring) -> Bool)?
  ) -> [String: String]? {
    guard let first = parts.first else { return text.isEmpty ? [:] : nil }
    let rest = parts.dropFirst()
    switch first {
    case .text(let wanted): return text.hasPrefix(wanted) ? values(in: text.dropFirst(wanted.count), rest, accepts) : nil
    case .variable(let name):
      var end = end(in: text, from: text.startIndex, before: rest)
      while let found = end {
        let value = text[..<found]
        if accepts?(name, value) ?? true, let others = values(in: text[found...], rest, accepts) {
          return others.merging([name: String(value)]) { _, new in new }
        }
        // What the first place leaves too little for, a later one leaves less.
        guard accepts != nil else { return nil }
        end = self.end(in: text, from: found, before: rest)
      }
      return nil
    }
  }

  /// Where a place ends that begins at the start of the text, after an earlier end; nil where it cannot.
  private static func end(in text: Substring, from earlier: Substring.Index, before parts: ArraySlice<Part>) -> Substring.Index? {
    guard earlier < text.endIndex else { return nil }
    guard let next = parts.first else { return text.endIndex }
    let start = text.index(after: earlier)
    guard case .text(let wanted) = next else { return start }
    guard parts.count == 1 else { return text[start...].firstRange(of: wanted)?.lowerBound }
    // The last text is the end.
    return text[start...].hasSuffix(wanted) ? text.index(text.endIndex, offsetBy: -wanted.count) : nil
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
