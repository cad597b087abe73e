/// The `--name value` pairs of a command line; a name may come more than once.
struct Arguments {
  private var values: [String: [String]] = [:]

  init(_ words: ArraySlice<String>, known: Set<String>) throws(Failure) {
    var words = words
    while let word = words.popFirst() {
      guard word.hasPrefix("--"), known.contains(String(word.dropFirst(2))) else {
        throw .usage("unknown argument '\(word)'; expected one of \(known.sorted().map { "--\($0)" }.joined(separator: " "))")
      }
      guard let value = words.popFirst() else { throw .usage("'\(word)' needs a value") }
      values[String(word.dropFirst(2)), default: []].append(value)
    }
  }

  func all(_ name: String) -> [String] { values[name] ?? [] }

  func text(_ name: String) -> String? { values[name]?.last }

  func required(_ name: String) throws(Failure) -> String {
    guard let value = text(name) else { throw .usage("'--\(name)' is missing") }
    return value
  }

  func integer(_ name: String, default fallback: Int) throws(Failure) -> Int {
    guard let value = text(name) else { return fallback }
    guard let number = Int(value), number >= 0 else { throw .usage("'--\(name) \(value)': expected a whole number") }
    return number
  }

  /// A time in seconds, with fractions, as nanoseconds.
  func seconds(_ name: String, default fallback: Double) throws(Failure) -> Int64 {
    guard let value = text(name) else { return Int64(fallback * 1e9) }
    guard let number = Double(value), number >= 0, number < 1e6 else { throw .usage("'--\(name) \(value)': expected seconds") }
    return Int64(number * 1e9)
  }
}
