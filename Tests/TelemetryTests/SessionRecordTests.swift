import FoundationEssentials
import TestSupport
import Testing
@testable import Telemetry

@Suite struct SessionRecordTests {
  @Test func isOneLineWithEverything() {
    var record = SessionRecord(
      session: "s1", route: "/deepgram-proxy", upstream: "deepgram", subject: "alice", ip: "192.168.1.xxx", outcome: .closed,
      closedBy: .downstream, cause: "closed")
    record.code = 1000
    record.reason = "Closed by client"
    record.downstream = .init(messages: 10, bytes: 6400)
    record.vendor = .init(messages: 3, bytes: 900)
    record.dial = 41
    record.ready = 55
    record.firstMessage = 7
    record.duration = 9001
    record.trace = TraceID("0af7651916cd43dd8448eb211c80319c")
    let lines = Lines()
    record.log(to: lines.logger())
    #expect(
      lines.all == [
        #"{"time":"2026-11-27T06:56:06.123Z","level":"info","event":"session","bytes_down":900,"bytes_up":6400,"cause":"closed","#
          + #""closed_by":"downstream","code":1000,"dial_ms":41,"duration_ms":9001,"#
          + #""first_message_ms":7,"ip":"192.168.1.xxx","messages_down":3,"#
          + #""messages_up":10,"outcome":"closed","ready_ms":55,"reason":"Closed by client","route":"/deepgram-proxy","session":"s1","#
          + #""subject":"alice","trace":"0af7651916cd43dd8448eb211c80319c","upstream":"deepgram"}"# + "\n"
      ])
  }

  /// Every field is explained.
  @Test func fieldsAreInThePage() throws {
    let page = try String(contentsOfFile: Repository.root + "Docs/SecurityLog.md", encoding: .utf8)
    var record = SessionRecord(
      session: "s", route: "/r", upstream: "u", subject: "a", ip: "i", outcome: .closed, closedBy: .upstream, cause: "c")
    (record.code, record.reason, record.trace, record.traceAlias) = (1000, "r", TraceID("0af7651916cd43dd8448eb211c80319c"), "t")
    (record.downstream.audio, record.vendor.audio) = (1, 1)
    (record.dial, record.ready, record.firstMessage, record.vendorReady) = (1, 1, 1, 1)
    (record.firstTranscript, record.firstAudio, record.turns, record.vendorErrors) = (1, 1, 1, 1)
    record.usage = ["tokens": 1, "seconds": 1, "characters": 1]
    #expect(Mirror(reflecting: record).children.allSatisfy { "\($0.value)" != "nil" })
    for name in record.fields.keys where name != "event" { #expect(page.contains("`\(name)`"), "\(name)") }
  }

  @Test func unknownsAreLeftOut() {
    let record = SessionRecord(
      session: "s", route: "none", ip: "xxx.xxx.xxx.xxx", outcome: .refused,
      closedBy: .gateway, cause: "not_found")
    let names = Set(record.fields.keys)
    #expect(names.isDisjoint(with: ["code", "reason", "upstream", "subject", "dial_ms", "ready_ms", "first_message_ms", "trace"]))
    #expect(names.isSuperset(of: ["session", "route", "ip", "outcome", "closed_by", "cause", "duration_ms"]))
  }

  @Test func foreignTextIsCutAndCleaned() {
    var record = SessionRecord(session: "s", route: "/r", ip: "i", outcome: .closed, closedBy: .upstream, cause: "closed")
    record.reason = "bad\nkey " + String(repeating: "x", count: 500)
    record.subject = "eve\u{1B}[0m" + String(repeating: "y", count: 500)
    guard case .string(let reason)? = record.fields["reason"], case .string(let subject)? = record.fields["subject"] else {
      Issue.record("reason and subject are strings")
      return
    }
    #expect(reason.hasPrefix("badkey x"))
    #expect(reason.utf8.count <= 126)
    #expect(subject.hasPrefix("eve[0m"))
    #expect(subject.utf8.count <= 131)
  }
}
