import Configuration

/// What a request says about where it came from. Everybody can write these headers; ``ClientAddress`` decides who is believed.
public struct ForwardingHeaders: Sendable, Equatable {
  /// Values of `Forwarded`, line by line.
  public var forwarded: [String]
  /// Values of `X-Forwarded-For`, line by line.
  public var forwardedFor: [String]
  /// Values of `X-Real-IP`, line by line.
  public var realIP: [String]

  public init(forwarded: [String] = [], forwardedFor: [String] = [], realIP: [String] = []) {
    self.forwarded = forwarded
    self.forwardedFor = forwardedFor
    self.realIP = realIP
  }

  public var isEmpty: Bool { forwarded.isEmpty && forwardedFor.isEmpty && realIP.isEmpty }

  /// Hops of `Forwarded` from far to near; nil where a hop has no address (RFC 7239 sections 6.2 and 6.3) or the line makes no sense.
  var forwardedHops: [IPAddress?] {
    forwarded.flatMap { line -> [IPAddress?] in
      guard let elements = Self.elements(line) else { return [nil] }
      return elements.map { element in element.flatMap { Self.address($0[...]) } }
    }
  }

  /// Hops of `X-Forwarded-For` from far to near; nil where there is no address.
  var forwardedForHops: [IPAddress?] {
    forwardedFor.flatMap { line in line.split(separator: ",", omittingEmptySubsequences: false).map { Self.address($0) } }
  }

  /// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, and bare IPv6 as `X-Forwarded-For` has it.
  static func address(_ text: Substring) -> IPAddress? {
    let text = trim(text)
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
      let inner = text[text.index(after: text.startIndex)..<end]
      return inner.contains(":") ? IPAddress(String(inner)) : nil
    }
    if let colon = text.firstIndex(of: ":"), !text[text.index(after: colon)...].contains(":") {
      return isPort(text[colon...]) ? IPAddress(String(text[..<colon])) : nil
    }
    return IPAddress(String(text))
  }

  /// Nothing, `:` and digits, or `:_` and an obfuscated port (RFC 7239 section 6).
  private static func isPort(_ text: Substring) -> Bool {
    guard !text.isEmpty else { return true }
    let name = text.dropFirst()
    guard text.hasPrefix(":"), !name.isEmpty else { return false }
    return name.hasPrefix("_") ? name.allSatisfy(isToken) : name.count <= 5 && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func trim(_ text: Substring) -> Substring {
    func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
    let start = text.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }
    return end.map { start[...$0] } ?? start.prefix(0)
  }

  // MARK: RFC 7239 section 4

  /// The `for` of each element, nil where an element has none; nil for the whole line when it breaks the grammar. An unbalanced quote
  /// from a client would swallow what the proxy appended, so nothing of such a line is used.
  static func elements(_ line: String) -> [String?]? {
    var scanner = Scanner(rest: line[...])
    var elements: [String?] = []
    repeat {
      scanner.blanks()
      // A list may have empty elements (RFC 9110 section 5.6.1.2).
      if scanner.rest.isEmpty || scanner.rest.hasPrefix(",") { continue }
      var node: String?
      var seen = false
      repeat {
        scanner.blanks()
        // A pair may be empty, too.
        if scanner.rest.isEmpty || scanner.rest.hasPrefix(";") || scanner.rest.hasPrefix(",") { continue }
        guard let (name, value) = scanner.pair() else { return nil }
        if name.lowercased() == "for" {
          // Each parameter at most once (section 4).
          guard !seen else { return nil }
          seen = true
          node = value
        }
      } while scanner.take(";")
      elements.append(node)
      scanner.blanks()
    } while scanner.take(",")
    return scanner.rest.isEmpty ? elements : nil
  }

  private struct Scanner {
    var rest: Substring

    mutating func take(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest.removeFirst()
      return true
    }

    mutating func blanks() {
      rest = rest.drop { $0 == " " || $0 == "\t" }
    }

    mutating func pair() -> (Substring, String)? {
      guard let name = token(), take("=") else { return nil }
      if take("\"") { return quoted().map { (name, $0) } }
      // Not a token by the letter, but what proxies write: addresses with colons and brackets, unquoted.
      let value = rest.prefix { ForwardingHeaders.isToken($0) || ":[]".contains($0) }
      guard !value.isEmpty else { return nil }
      rest = rest[value.endIndex...]
      return (name, String(value))
    }

    private mutating func token() -> Substring? {
      let name = rest.prefix(while: ForwardingHeaders.isToken)
      rest = rest[name.endIndex...]
      return name.isEmpty ? nil : name
    }

    private mutating func quoted() -> String? {
      var text = ""
      while let character = rest.popFirst() {
        if character == "\"" { return text }
        if character == "\\" {
          guard let escaped = rest.popFirst() else { return nil }
          text.append(escaped)
        } else {
          text.append(character)
        }
      }
      return nil
    }
  }

  /// RFC 9110 section 5.6.2.
  static func isToken(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
  }
}
