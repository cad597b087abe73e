/// A page in the Prometheus text format (version 0.0.4), read strictly: what is not in the format is an error.
struct PrometheusPage {
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// Samples by `name{label="value"}`, as written.
  private(set) var samples: [String: Double] = [:]
  /// Type by metric name.
  private(set) var types: [String: String] = [:]

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Malformed(description: "the last line does not end in a line feed") }
    var family = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# ") {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, words[1] == "HELP" || words[1] == "TYPE", Self.isName(words[2]) else {
          throw Malformed(description: "\(line)")
        }
        if words[1] == "HELP" {
          family = String(words[2])
        } else {
          guard words[2] == family, types[family] == nil, ["counter", "gauge", "histogram"].contains(words[3]) else {
            throw Malformed(description: "\(line)")
          }
          types[family] = String(words[3])
        }
      } else {
        let (key, value) = try Self.sample(line)
        guard samples.updateValue(value, forKey: key) == nil else { throw Malformed(description: "twice: \(line)") }
        let name = key.prefix { $0 != "{" }
        let parts = types[family] == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
        guard parts.contains(String(name)) else { throw Malformed(description: "outside of its metric: \(line)") }
      }
    }
  }

  /// A sample, 0 when there is none: a series begins with its first count.
  subscript(key: String) -> Double { samples[key] ?? 0 }

  private static func sample(_ line: Substring) throws -> (String, Double) {
    guard let blank = line.lastIndex(of: " ") else { throw Malformed(description: "\(line)") }
    let key = line[..<blank]
    guard let value = Double(line[line.index(after: blank)...].replacing("Inf", with: "infinity")) else {
      throw Malformed(description: "\(line)")
    }
    let name = key.prefix { $0 != "{" }
    guard isName(name) else { throw Malformed(description: "\(line)") }
    var labels = key[name.endIndex...]
    if !labels.isEmpty {
      guard labels.count > 2, labels.last == "}" else { throw Malformed(description: "\(line)") }
      labels = labels.dropFirst().dropLast()
      while !labels.isEmpty {
        let label = labels.prefix { $0 != "=" }
        guard isName(label), labels[label.endIndex...].hasPrefix("=\"") else { throw Malformed(description: "\(line)") }
        var rest = labels[label.endIndex...].dropFirst(2)
        while let character = rest.popFirst(), character != "\"" {
          if character == "\\" { rest = rest.dropFirst() }
        }
        guard rest.isEmpty || rest.popFirst() == "," else { throw Malformed(description: "\(line)") }
        labels = rest
      }
    }
    return (String(key), value)
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.first, first.isLetter || first == "_" || first == ":" else { return false }
    return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
  }
}
