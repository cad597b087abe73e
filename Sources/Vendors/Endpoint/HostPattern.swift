/// A host by its name, or all hosts below a name: `*.example.com`.
enum HostPattern {
  /// Whether a host is meant; names are compared without case.
  static func matches(_ pattern: String, _ host: String) -> Bool {
    let (pattern, host) = (pattern.lowercased(), host.lowercased())
    guard pattern.hasPrefix("*.") else { return pattern == host }
    // At least one more label, and a whole one.
    let suffix = pattern.dropFirst()
    return host.hasSuffix(suffix) && host.count > suffix.count
  }

  /// What is wrong with a pattern; nil for nothing. A star stands for labels below a name of two at least: `*.com` would be everybody.
  @Sendable static func problem(_ text: String) -> String? {
    let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let isName = labels.allSatisfy { label in !label.isEmpty && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
    guard isName else { return "must be a host name, or '*.' and one" }
    return text.hasPrefix("*.") && labels.count < 2 ? "must name a domain of two labels at least after '*.'" : nil
  }
}
