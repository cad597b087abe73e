import JSON
import TestSupport
import Testing
@testable import Vendors

/// What another session with the vendor hears to take up an earlier one.
@Suite struct SessionReplayTests {
  private static let yaml = """
    test.one:
      kind: speech_to_text
      source: https://vendor.test
      endpoint: {url: "wss://vendor.test/v1"}
      codec: {client: json_text+binary_audio, server: json_text}
      discriminator: [{path: type}]
      audio: {client: binary}
      lifecycle: {first_message: {match: {type: start}}, ready: [{type: ready}]}
      conversation: {transcripts: [{match: {type: words}, path: text}], turn_end: [{type: done}]}
      memory: {handle: {of: vendor, path: handle}}
      close: {message: {type: stop}, await: {type: stopped}}
      errors:
        close_codes:
          - {code: 4009, class: quota}
          - {code: 1011, reason: time, class: retryable}
      handover:
        replay: [{type: settings}]
        hush: [{type: settings.done}]
        notice: {type: leaving}
        resume: {memory: handle, path: start.handle}
    """

  private static func described() throws -> VendorDescriptor {
    let (descriptor, problems) = descriptor(yaml)
    #expect(problems == [])
    return try #require(descriptor)
  }

  private static func text(_ text: String) -> SessionReplay.Message { SessionReplay.Message(Array(text.utf8), isText: true) }

  private func replay(span: Int64 = 1_000, most: Int = 1_000) throws -> SessionReplay {
    SessionReplay(try #require(try ReplayPlan(Self.described())), span: span, most: most)
  }

  /// The opening in its order, and behind it what has not been understood.
  @Test func saysAgain() throws {
    var replay = try replay()
    let start = Self.text(#"{"type":"start","start":{"model":"m"}}"#)
    let settings = [Self.text(#"{"type":"settings","a":1}"#), Self.text(#"{"type":"settings","b":2}"#)]
    for message in [start, Self.text(#"{"type":"other"}"#), settings[0]] { replay.note(message, now: 0) }
    replay.understood()
    let audio = (0..<3).map { SessionReplay.Message([UInt8($0)], isText: false) }
    for message in [audio[0], settings[1], audio[1], Self.text("{"), audio[2]] { replay.note(message, now: 10) }
    #expect(replay.isComplete && replay.openingMessages() == [start] + settings)
    #expect(replay.recent(now: 10) == [audio[0], audio[1], Self.text("{"), audio[2]])
    replay.understood()
    #expect(replay.recent(now: 10) == [] && replay.openingMessages() == [start] + settings)
  }

  @Test func keepsakeStandsInTheFirst() throws {
    var replay = try replay()
    replay.note(Self.text(#"{"type":"start","start":{"model":"m"}}"#), now: 0)
    replay.note(Self.text(#"{"type":"settings"}"#), now: 0)
    for value in [#""first""#, #""second""#] { replay.keep(Array(value.utf8)) }
    #expect(
      replay.openingMessages() == [
        Self.text(#"{"type":"start","start":{"model":"m","handle":"second"}}"#), Self.text(#"{"type":"settings"}"#),
      ])
  }

  /// Neither time nor bytes are kept beyond their bounds, in whatever order messages come.
  @Test(arguments: [UInt64(1), 2, 3])
  func bounds(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var replay = try replay(span: 1_000, most: 10_000)
    var said: [(message: SessionReplay.Message, at: Int64)] = []
    var now: Int64 = 0
    for step in 0..<2_000 {
      now += Int64.random(in: 0...40, using: &random)
      let message = SessionReplay.Message([UInt8](repeating: UInt8(step & 255), count: .random(in: 0...900, using: &random)), isText: false)
      replay.note(message, now: now)
      said.append((message, now))
      if Int.random(in: 0..<100, using: &random) == 0 {
        replay.understood()
        said = []
      }
      while said.reduce(0, { $0 + $1.message.bytes.count }) > 10_000 || said.first.map({ $0.at < now - 1_000 }) ?? false {
        said.removeFirst()
      }
      guard replay.recent(now: now) == said.map(\.message) else {
        Issue.record("step \(step) of seed \(seed)")
        return
      }
    }
    #expect(replay.recent(now: now + 2_000) == [])
  }

  /// Half of an opening would make another session.
  @Test func openingThatIsTooLong() throws {
    var replay = try replay(most: 100)
    let start = Self.text(#"{"type":"start"}"#)
    replay.note(start, now: 0)
    #expect(replay.isComplete)
    replay.note(Self.text(#"{"type":"settings","a":"\#(String(repeating: "x", count: 90))"}"#), now: 0)
    #expect(!replay.isComplete && replay.openingMessages() == [])
  }

  @Test func nothingFromVendorsThatMarkNothing() throws {
    var vendor = try Self.described()
    vendor.conversation = ConversationRules()
    var replay = SessionReplay(try #require(try ReplayPlan(vendor)), span: 1_000, most: 1_000)
    replay.note(SessionReplay.Message([1], isText: false), now: 0)
    #expect(replay.recent(now: 0) == [])
  }

  @Test func lossesByTheirClose() throws {
    let plan = try #require(try ReplayPlan(Self.described()))
    for (code, reason, isLoss) in [
      (1000, "", false), (1001, "", true), (1011, "", false), (1011, "time is up", true), (1012, "", true), (1013, "", true),
      (4009, "", false), (4010, "", false),
    ] {
      #expect(plan.isLoss(code: code, reason: reason) == isLoss, "\(code) \(reason)")
    }
    #expect(!plan.isLoss(code: nil, reason: ""))
    var other = try Self.described()
    other.handover = nil
    #expect(try ReplayPlan(other) == nil)
  }

  // MARK: What the vendor says

  private func talk(succeeds: Bool = false) throws -> Talk {
    var settings = ConductSettings()
    settings.handsOver = true
    return try Talk(Self.described(), settings, succeeds: succeeds)
  }

  /// The first session's words are the client's, all of them; the second's echo is not.
  @Test func hushesTheEcho() throws {
    for (succeeds, hushed) in [(false, []), (true, [ConductEvent.hushed])] {
      var talk = try talk(succeeds: succeeds)
      #expect(talk.conduct.hushes == succeeds)
      #expect(talk.vendor(#"{"type":"ready"}"#).filter { $0 == .hushed } == hushed)
      #expect(talk.vendor(#"{"type":"settings.done"}"#).filter { $0 == .hushed } == hushed)
      #expect(!talk.vendor(#"{"type":"words","text":"a"}"#).contains(.hushed))
      #expect(!talk.vendor(#"{"type":"settings.done"}"#).contains(.hushed) && !talk.conduct.hushes)
    }
  }

  @Test func newsForWhoeverReplacesIt() throws {
    var talk = try talk()
    _ = talk.client(#"{"type":"start"}"#)
    _ = talk.vendor(#"{"type":"ready"}"#)
    #expect(talk.vendor(#"{"type":"words","text":"a"}"#).contains(.understood))
    #expect(talk.vendor(#"{"type":"leaving"}"#) == [.leaving])
    #expect(talk.vendor(#"{"type":"any","handle":"h"}"#) == [.keepsake(Array(#""h""#.utf8))])
    #expect(talk.vendor(#"{"type":"done"}"#) == [.turnEnded])
    talk.relieve()
    #expect(talk.vendor(#"{"type":"stopped"}"#) == [.parted, .understood, .hushed])
  }

  /// Where nothing is handed over, none of it is looked for.
  @Test func nothingOfItOtherwise() throws {
    var talk = try Talk(Self.described())
    _ = talk.client(#"{"type":"start"}"#)
    _ = talk.vendor(#"{"type":"ready"}"#)
    for message in [#"{"type":"leaving"}"#, #"{"type":"any","handle":"h"}"#] { #expect(talk.vendor(message) == []) }
    #expect(!talk.vendor(#"{"type":"words","text":"a"}"#).contains(.understood))
  }

  /// What is wrong with a description is said where it stands.
  @Test(arguments: [
    ("memory: other, path: start.handle", "resumes by 'other'"), ("memory: handle, path: start.handle", nil),
  ])
  func mistakes(resume: String, error: String?) {
    let problems = descriptor(Self.yaml.replacing("memory: handle, path: start.handle", with: resume)).problems
    #expect(problems.count == (error == nil ? 0 : 1) && problems.allSatisfy { $0.contains(error ?? "") }, "\(problems)")
  }

  @Test func resumeNeedsAMessage() {
    let text = Self.yaml.replacing("first_message: {match: {type: start}}, ", with: "").replacing(
      "replay: [{type: settings}]", with: "replay: []")
    #expect(descriptor(text).problems.contains { $0.contains("has 'resume' and no message") })
  }

  /// All of the catalogue's that allow it can be followed.
  @Test func catalogue() throws {
    let names = try Catalogue.builtIn().names.filter { try vendor($0).handover != nil }
    #expect(names.contains("deepgram.listen") && names.contains("gemini.live"))
    for name in names { #expect(try ReplayPlan(vendor(name)) != nil, "\(name)") }
  }
}
