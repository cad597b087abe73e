import Glibc

/// `parts`: what each part of the gateway's data path costs by itself; see README.md.
@main
struct Main {
  static let usage = "usage: parts [--only WORD] [--milliseconds N] [--output FILE]"

  static func main() async {
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      let text = Array("parts: \((error as? PartFailure)?.text ?? "\(error)")\n".utf8)
      _ = text.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      exit(69)
    }
  }

  private static func run(_ words: [String]) async throws {
    var only = "", output: String?, milliseconds: Int64 = 50
    for pair in stride(from: 0, to: words.count, by: 2) {
      guard pair + 1 < words.count else { throw PartFailure(text: usage) }
      switch (words[pair], words[pair + 1]) {
      case ("--only", let word): only = word
      case ("--output", let path): output = path
      case ("--milliseconds", let number):
        guard let span = Int64(number), 1...10_000 ~= span else { throw PartFailure(text: "'\(number)': expected 1 to 10000 milliseconds") }
        milliseconds = span
      default: throw PartFailure(text: usage)
      }
    }
    let stopwatch = Stopwatch(span: milliseconds * 1_000_000, rounds: 9)
    var material = Material()
    let parts =
      FramingParts.all(&material) + (try InspectionParts.all(&material)) + CompressionParts.all(&material) + (try AdmissionParts.all())
    var report = PartReport()
    let chosen = parts.filter { only.isEmpty || $0.name.contains(only) }
    guard !chosen.isEmpty else { throw PartFailure(text: "no part's name has '\(only)' in it") }
    for part in chosen {
      report.add(.init(part, nanoseconds: try await stopwatch.measure(part)))
    }
    print(report.table(), terminator: "")
    if let output { try write(report.json(), to: output) }
  }

  private static func write(_ text: String, to path: String) throws(PartFailure) {
    guard let file = fopen(path, "w") else { throw PartFailure(text: "'\(path)': \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    fputs(text, file)
  }
}
