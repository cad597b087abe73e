import FoundationEssentials
import TestSupport

/// One run of `voxgate` to its end, in an environment of nothing but what the test gives it.
struct CommandRun {
  let status: Int32
  /// Standard output and standard error, as they came.
  let text: String

  /// - Parameters:
  ///   - input: what the command reads from standard input.
  ///   - results: standard output alone.
  init(_ arguments: [String], environment: [String: String] = [:], input: String? = nil, results: Bool = false) throws {
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let shell = ["sh", "-c", results ? #"exec "$@" 2>/dev/null"# : #"exec "$@""#, "sh"]
    let child = try ChildProcess(shell + ["env", "-i"] + variables + [Repository.voxgate] + arguments)
    if let input { try child.write(input) }
    status = try child.finish()
    // Places in a checkout, whose path is another one everywhere.
    text = child.text.replacing(Repository.root, with: "")
  }

  var lines: [String] { text.split(separator: "\n").map { String($0) } }
}

extension Repository {
  /// A file of the checkout.
  static func text(_ path: String) throws -> String { try WholeFile.text(root + path) }

  /// The fenced blocks of a page that are in a language.
  static func blocks(_ language: String, of path: String) throws -> [String] {
    try text(path).split(separator: "\n```\(language)\n").dropFirst().map { $0.split(separator: "\n```").first.map { $0 + "\n" } ?? "" }
  }

  /// The pages that people read.
  static var pages: [String] {
    get throws {
      try ["README.md"]
        + FileManager.default.contentsOfDirectory(atPath: root + "Docs").filter { $0.hasSuffix(".md") }.sorted().map { "Docs/\($0)" }
    }
  }
}
