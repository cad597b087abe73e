import FoundationEssentials

/// What was measured, as a table and as JSON.
struct PartReport: Encodable {
  struct Row: Encodable {
    let name: String
    let nanoseconds: Double
    let bytes: Int?
    let gigabytesPerSecond: Double?

    init(_ part: Part, nanoseconds: Double) {
      name = part.name
      self.nanoseconds = nanoseconds
      bytes = part.bytes
      gigabytesPerSecond = part.bytes.map { Double($0) / nanoseconds }
    }
  }

  private(set) var parts: [Row] = []

  mutating func add(_ row: Row) { parts.append(row) }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  func table() -> String {
    let width = parts.map(\.name.count).max() ?? 0
    func line(_ name: String, _ cells: [String]) -> String {
      name + String(repeating: " ", count: width - name.count) + cells.map { String(repeating: " ", count: 9 - $0.count) + $0 }.joined()
    }
    let rows = parts.map { row in
      line(row.name, [Self.text(row.nanoseconds, row.nanoseconds < 100 ? 1 : 0), row.gigabytesPerSecond.map { Self.text($0, 2) } ?? "-"])
    }
    return ([line("part", ["ns", "GB/s"])] + rows).joined(separator: "\n") + "\n"
  }

  private static func text(_ value: Double, _ digits: Int) -> String {
    guard digits > 0 else { return "\(Int(value.rounded()))" }
    let scale = digits == 1 ? 10 : 100
    let number = Int((value * Double(scale)).rounded())
    return "\(number / scale).\("\(scale + number % scale)".dropFirst())"
  }
}
