import Glibc
import TestSupport
import Testing
@testable import Telemetry

@Suite struct ProcessMetricsTests {
  private func values(_ metrics: ProcessMetrics) -> [String: Double] {
    var page = Exposition()
    metrics.expose(in: &page)
    let samples = page.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    return Dictionary(uniqueKeysWithValues: samples.map { (String($0[0]), Double($0[1]) ?? -1) })
  }

  @Test func tellsOfThisProcess() throws {
    let values = values(ProcessMetrics())
    #expect(Set(values.keys) == Set(ProcessMetrics().summaries.map(\.name)))
    #expect(try #require(values["process_cpu_seconds_total"]) > 0)
    #expect(try #require(values["process_open_fds"]) >= 3)
    #expect(try #require(values["process_open_fds"]) < #require(values["process_max_fds"]))
    #expect(try #require(values["process_resident_memory_bytes"]) > 1_048_576)
    #expect(try #require(values["process_virtual_memory_bytes"]) >= #require(values["process_resident_memory_bytes"]))
    let started = try #require(values["process_start_time_seconds"])
    let now = Double(Timestamp.now().milliseconds) / 1_000
    #expect(started <= now + 2 && started > now - 86_400, "\(started) and \(now)")
  }

  @Test func descriptorsAreCounted() throws {
    let before = try #require(values(ProcessMetrics())["process_open_fds"])
    let files = (0..<200).map { _ in unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
    defer { for file in files { close(file) } }
    // Other tests have descriptors of their own.
    #expect(try #require(values(ProcessMetrics())["process_open_fds"]) >= before + 100)
  }

  /// A name with blanks and parentheses does not move the fields.
  @Test(arguments: ["voxgate", "a) R 1 (b c", ""])
  func readsTheLine(name: String) {
    let line = "17 (\(name)) S 1 17 17 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 9 0 12345 987654321 4321 18446744073709551615 1 1\n"
    #expect(ProcessStatus(line) == ProcessStatus("1 (x) S 1 1 1 0 -1 1 1 1 1 1 300 0 0 0 20 0 1 0 12345 987654321 4321 0"))
    #expect(ProcessStatus(line)?.ticks == 300 && ProcessStatus(line)?.residentPages == 4_321)
  }

  @Test func whatCannotBeReadIsLeftOut() throws {
    let folder = TemporaryFolder()
    #expect(Set(values(ProcessMetrics(folder: folder.path)).keys) == ["process_max_fds"])
    try folder.write("stat", "17 (short) S 1 2")
    #expect(Set(values(ProcessMetrics(folder: folder.path)).keys) == ["process_max_fds"])
    #expect(ProcessStatus("") == nil && ProcessStatus("no parentheses") == nil)
  }
}
