import Glibc
import JSON
import TestSupport
import Testing

@testable import Gateway

/// The files of the pages.
struct WebFileTests {
  private static let folder = Repository.root + "Sources/Gateway/Web/"

  @Test func areThoseOfTheFolder() throws {
    let names = try ChildProcess.run(["ls", Self.folder]).split(separator: "\n").map { String($0) }
    #expect(WebFile.all.map(\.name) == names)
    for file in WebFile.all { #expect(file.bytes == (try WholeFile.read(Self.folder + file.name)), "\(file.name)") }
    // A page is loaded over whatever line there is, and is part of the binary.
    #expect(WebFile.all.reduce(0) { $0 + $1.bytes.count } < 200_000)
  }

  /// What a document or script names is served beside it, and nothing comes from elsewhere.
  @Test(arguments: [(WebPages.playground, "playground.html"), (WebPages.dashboard, "dashboard.html")])
  func nameOnlyEachOther(_ pages: WebPages, _ document: String) throws {
    var open = [document]
    var seen: Set<String> = []
    while let name = open.popLast() {
      guard seen.insert(name).inserted else { continue }
      let file = try #require(WebFile.all.first { $0.name == name })
      if name != document { #expect(pages.file(pages.folder + name)?.status == 200, "\(name)") }
      guard ["html", "js", "css"].contains(name.split(separator: ".").last) else { continue }
      let text = String(decoding: file.bytes, as: UTF8.self)
      #expect(text.split(separator: "\n").count < 200, "\(name)")
      // What the content policy would forbid, and what would make text into markup.
      for forbidden in [
        "innerHTML", "eval(", " style=", "onclick=\"", "javascript:", "src=\"http", "href=\"http", "from \"http", "@import",
      ] {
        #expect(!text.contains(forbidden), "\(name): \(forbidden)")
      }
      for other in WebFile.all.map(\.name) where text.contains("/\(other)\"") || text.contains("\"\(other)\"") { open.append(other) }
    }
    for file in WebFile.all where pages.file(pages.folder + file.name) != nil {
      #expect(seen.contains(file.name), "\(file.name) is loaded by nothing")
    }
  }

  /// closes.json is the page of close codes, for scripts. To write it anew: `VOXGATE_WRITE_DOCS=1 swift test --filter WebFileTests`.
  @Test func closesAreThoseOfThePage() throws {
    let page = try WholeFile.text(Repository.root + "Docs/CloseCodes.md")
    let rows = Self.closes(page)
    #expect(rows.count > 35)
    let text = "[\n" + rows.map { $0.text() }.joined(separator: ",\n") + "\n]\n"
    let path = Self.folder + "closes.json"
    if unsafe getenv("VOXGATE_WRITE_DOCS") != nil, let stream = unsafe fopen(path, "w") {
      unsafe fputs(text, stream)
      unsafe fclose(stream)
    }
    #expect(try WholeFile.text(path) == text)
  }

  private static let phases = [
    "## Refused, on a route with `refuse: close`": "opening", "## During a session": "session",
    "## Authentication inside the socket": "authentication",
  ]

  /// A row for each reason in the tables that have codes and reasons.
  private static func closes(_ page: String) -> [JSONValue] {
    var rows: [JSONValue] = []
    var phase = ""
    var columns: [String]?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("## ") { phase = phases[String(line)] ?? "" }
      guard line.hasPrefix("|") else {
        columns = nil
        continue
      }
      let cells = line.dropFirst().dropLast().split(separator: "|").map { trimmed($0) }
      guard let names = columns else {
        columns = cells
        continue
      }
      let row = Dictionary(zip(names, cells)) { first, _ in first }
      let codes = (row["code"] ?? "").split { !$0.isNumber }.compactMap { Int64($0) }
      // What stands between backquotes.
      let reasons = (row["reason"] ?? "").split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      for code in codes {
        for reason in reasons {
          rows.append([
            "code": .int(code), "reason": .string(reason), "phase": .string(phase),
            "type": .string((row["type"] ?? "").replacing("`", with: "")), "cause": .string(row["cause"] ?? ""),
            "again": .string(row["try again"] ?? ""),
          ])
        }
      }
    }
    return rows
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
