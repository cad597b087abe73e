import Configuration
import TestSupport
import Testing
import Vendors
import WebSocket
@testable import Gateway
@testable import Guards
@testable import Relay

/// Docs/CloseCodes.md has every end that the gateway itself may choose, and Docs/Metrics.md its name as a `cause`.
@Suite struct CloseCodesPageTests {
  private static let codes = "Docs/CloseCodes.md", metrics = "Docs/Metrics.md"

  private static let ends: [SessionEnd] =
    [
      .downstreamIdle, .upstreamIdle, .earlyBytes, .sessionLimit, .closedByOperator, SessionAttendant.notReady, SessionAttendant.audioIdle,
      SocketHandshake.timedOut, SocketHandshake.failed, SocketHandshake.wrong, SocketHandshake.missing, SocketHandshake.notFirst,
      SocketHandshake.tooMany, SocketHandshake.tooMuchEarly, SocketHandshake.tooMuchIdle, SocketHandshake.proxyError,
    ] + Measure.allCases.map { LimitWords.end($0) } + [Drain.Code.goingAway, .serviceRestart].map { SessionEnd($0) }

  /// Whether a table of the page has this code and reason in one row.
  private static func hasRow(_ page: String, _ code: UInt16, _ reason: String) -> Bool {
    page.split(separator: "\n").contains { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      return cells.count > 3 && cells[1].split { !$0.isNumber }.contains("\(code)") && cells[2].contains("`\(reason)`")
    }
  }

  @Test func everyEndHasARow() throws {
    let page = try Repository.text(Self.codes)
    for end in Self.ends { #expect(Self.hasRow(page, end.code.rawValue, end.reason), "\(end)") }
    for rule in AudioRule.allCases {
      #expect(Self.hasRow(page, rule.closeCode, "audio rejected: RULE"))
      let row = page.split(separator: "\n").first { $0.hasPrefix("| `") && $0.contains("`\(rule.rawValue)`") }
      #expect(row?.contains("| \(rule.closeCode) |") == true, "\(rule.rawValue)")
    }
    for violation in ProtocolViolation.allCases {
      let code = violation.code.rawValue
      // The many reasons of 1002 stand below the table.
      #expect(code == 1002 ? page.contains("`\(violation.reason)`") : Self.hasRow(page, code, violation.reason), "\(violation)")
    }
  }

  @Test func everyCauseIsExplained() throws {
    let page = try Repository.text(Self.metrics)
    let parts = page.split(separator: "\n### Causes\n")
    try #require(parts.count == 2)
    let section = try #require(parts[1].split(separator: "\n## ").first)
    let rules = AudioRule.allCases.map(\.rawValue) + ProtocolViolation.allCases.map(\.name)
    let names = ["closed", "lost", "ping_timeout", "stalled"] + Self.ends.map(\.name) + rules
    for name in names { #expect(section.contains("`\(name)`"), "\(name)") }
  }

  /// The list above is whole: nothing in the sources makes an end of another name.
  @Test func noEndIsForgotten() throws {
    let files = try ChildProcess.run(["find", Repository.root + "Sources", "-name", "*.swift"]).split(separator: "\n")
    var found: Set<String> = []
    for file in files {
      for match in try WholeFile.text(String(file)).matches(of: /(?:SessionEnd|self\.init)\(\s*name: "(\w+)", code:/) {
        found.insert(String(match.output.1))
      }
    }
    #expect(!found.isEmpty && found.isSubset(of: Self.ends.map(\.name)), "\(found.subtracting(Self.ends.map(\.name)))")
  }
}
