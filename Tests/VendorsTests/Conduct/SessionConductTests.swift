import JSON
import Testing
@testable import Vendors

/// What a vendor's messages mean.
@Suite struct SessionConductTests {
  private static let append = #"{"type":"input_audio_buffer.append","audio":"AAAAAAAA"}"#

  struct Line: Sendable, CustomTestStringConvertible {
    let vendor: String
    let message: String
    let events: [ConductEvent]
    var testDescription: String { "\(vendor) \(message.prefix(60))" }

    init(_ vendor: String, _ message: String, _ events: ConductEvent...) {
      (self.vendor, self.message, self.events) = (vendor, message, events)
    }
  }

  static let lines: [Line] = [
    // Readiness.
    Line("openai.realtime", #"{"type":"session.created","session":{}}"#, .ready(after: 0)),
    Line("openai.realtime", #"{"type":"session.updated"}"#),
    Line("speechmatics.realtime", #"{"message":"RecognitionStarted","id":"1"}"#, .ready(after: 0)),
    Line("assemblyai.streaming", #"{"type":"Begin","id":"1"}"#, .ready(after: 0)),
    // Usage.
    Line(
      "openai.realtime", #"{"type":"response.done","response":{"status":"completed","usage":{"total_tokens":42}}}"#, .usage(.tokens, 42),
      .turnBegan, .turnEnded),
    Line(
      "openai.realtime", #"{"type":"response.done","response":{"status":"cancelled","usage":{"total_tokens":7}}}"#, .usage(.tokens, 7)),
    Line(
      "openai.realtime",
      #"{"type":"conversation.item.input_audio_transcription.completed","transcript":"hi","usage":{"type":"duration","seconds":1.5}}"#,
      .usage(.seconds, 1.5), .turnBegan, .firstTranscript(after: 0)),
    Line("openai.realtime", #"{"type":"response.done","response":{"status":"failed","usage":null}}"#, .turnBegan, .turnEnded),
    Line("deepgram.listen", #"{"type":"Metadata","duration":12.25}"#, .usage(.seconds, 12.25), .parted),
    Line("soniox.stt", #"{"tokens":[],"total_audio_proc_ms":2500}"#, .usage(.seconds, 2.5)),
    Line("soniox.stt", #"{"tokens":[],"finished":true,"total_audio_proc_ms":0}"#, .parted),
    Line(
      "deepgram.speak_flux", #"{"type":"SpeechMetadata","billable_character_count":30}"#, .usage(.characters, 30), .turnBegan, .turnEnded),
    Line("deepgram.listen", #"{"type":"Metadata","duration":-3}"#, .parted),
    Line("deepgram.listen", #"{"type":"Metadata","duration":"12"}"#, .parted),
    // Words and turns.
    Line(
      "deepgram.listen",
      #"{"type":"Results","is_final":true,"speech_final":true,"channel":{"alternatives":[{"transcript":"hello"}]}}"#, .turnBegan,
      .firstTranscript(after: 0), .turnEnded),
    Line("deepgram.listen", #"{"type":"Results","is_final":false,"channel":{"alternatives":[{"transcript":""}]}}"#),
    Line("deepgram.agent", #"{"type":"ConversationText","role":"assistant","content":"hello"}"#, .turnBegan),
    Line("gemini.live", #"{"serverContent":{"turnComplete":true}}"#, .turnBegan, .turnEnded),
    Line("gemini.live", #"{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"AAAA"}}]}}}"#, .turnBegan, .firstAudio(after: 0)),
    Line("openai.realtime", #"{"type":"response.output_audio.delta","delta":"AAAA"}"#, .turnBegan, .firstAudio(after: 0)),
    Line("openai.realtime", #"{"type":"response.output_audio.delta","delta":""}"#),
    // Failures.
    Line(
      "openai.realtime", #"{"type":"error","error":{"code":"invalid_value","message":"no"}}"#,
      .failure(VendorFailure(kind: nil, isFatal: false, code: "invalid_value"))),
    Line(
      "openai.realtime", #"{"type":"error","error":{"code":"what 'secret' was","message":"no"}}"#,
      .failure(VendorFailure(kind: nil, isFatal: false))),
    Line(
      "soniox.stt", #"{"tokens":[],"error_code":503,"error_message":"later"}"#,
      .failure(VendorFailure(kind: .retryable, isFatal: true, code: "503"))),
    Line(
      "elevenlabs.scribe", #"{"message_type":"quota_exceeded","error":"x"}"#, .failure(VendorFailure(kind: .quota, isFatal: true))),
    // Pings of the vendor's own.
    Line(
      "elevenlabs.agents", #"{"type":"ping","ping_event":{"event_id":17,"ping_ms":3}}"#,
      .say(Array(#"{"type":"pong","event_id":17}"#.utf8), .reply)),
    // What is no message says nothing.
    Line("openai.realtime", "{"), Line("openai.realtime", ""), Line("openai.realtime", #"["session.created"]"#),
  ]

  @Test(arguments: lines)
  func aMessageMeans(line: Line) throws {
    var talk = try Talk(vendor(line.vendor))
    #expect(talk.vendor(line.message).news == line.events)
  }

  /// The opcode tells nothing of what Gemini sends, and everything of what most others do.
  @Test func opcodes() throws {
    var gemini = try Talk(vendor("gemini.live"))
    #expect(gemini.vendor(Array(#"{"setupComplete":{}}"#.utf8)).news == [.ready(after: 0)])
    var agent = try Talk(vendor("deepgram.agent"))
    #expect(agent.vendor([1, 2, 3]).news == [.turnBegan, .firstAudio(after: 0)])
    var openAI = try Talk(vendor("openai.realtime"))
    #expect(openAI.vendor(Array(#"{"type":"session.created"}"#.utf8)).isEmpty)
  }

  @Test func stagesComeInTheirOrder() throws {
    var talk = try Talk(vendor("deepgram.agent"))
    #expect(talk.vendor(#"{"type":"SettingsApplied"}"#).isEmpty)
    talk.now += 200
    #expect(talk.vendor(#"{"type":"Welcome"}"#).isEmpty)
    talk.now += 300
    #expect(talk.vendor(#"{"type":"SettingsApplied"}"#).news == [.ready(after: 500)])
    #expect(talk.vendor(#"{"type":"SettingsApplied"}"#).isEmpty)
  }

  /// Sums add up, and what is cumulative counts by what it grew.
  @Test func usageAddsUp() throws {
    var openAI = try Talk(vendor("openai.realtime"))
    let done = #"{"type":"response.done","response":{"usage":{"total_tokens":10}}}"#
    for _ in 0..<3 { #expect(openAI.vendor(done).contains(.usage(.tokens, 10))) }
    var soniox = try Talk(vendor("soniox.stt"))
    var growth: [ConductEvent] = []
    for total in [1_000, 1_000, 3_500, 2_000, 4_000] { growth += soniox.vendor(#"{"tokens":[],"total_audio_proc_ms":\#(total)}"#).news }
    #expect(growth == [.usage(.seconds, 1), .usage(.seconds, 2.5), .usage(.seconds, 0.5)])
  }

  static let texts: [(vendor: String, message: String, events: [ConductEvent])] = [
    ("deepgram.speak", #"{"type":"Speak","text":"Grüße \ud83d\ude00"}"#, [.usage(.characters, 7)]),
    ("deepgram.speak", #"{"type":"Speak","text":"\#(String(repeating: "é!", count: 500))"}"#, [.usage(.characters, 1_000)]),
    ("deepgram.speak", #"{"type":"Clear","text":"none"}"#, []), ("deepgram.speak", #"{"type":"Speak","text":7}"#, []),
    ("deepgram.speak_flux", #"{"type":"Speak","text":"reported"}"#, []),
    ("soniox.tts", #"{"stream_id":"b","text":"two","text_end":false}"#, [.usage(.characters, 3)]),
    ("inworld.tts", #"{"send_text":{"text":"four"},"contextId":"c"}"#, [.usage(.characters, 4)]),
  ]

  /// Vendors that bill by the character and do not say how many.
  @Test(arguments: texts)
  func charactersAreCounted(vendor name: String, message: String, events: [ConductEvent]) throws {
    var talk = try Talk(vendor(name))
    #expect(talk.client(message).news == events)
  }

  @Test func spansAreSinceTheClientBegan() throws {
    var talk = try Talk(vendor("openai.realtime"))
    talk.now += 5_000
    _ = talk.client(Self.append)
    talk.now += 400
    #expect(
      talk.vendor(#"{"type":"conversation.item.input_audio_transcription.delta","delta":"hel"}"#).news == [
        .turnBegan, .firstTranscript(after: 400),
      ])
    talk.now += 300
    #expect(talk.vendor(#"{"type":"input_audio_buffer.speech_stopped"}"#).isEmpty)
    // The microphone stays open.
    for _ in 0..<5 {
      talk.now += 50
      #expect(talk.client(Self.append).isEmpty)
    }
    let delta = #"{"type":"response.output_audio.delta","delta":"AAAA"}"#
    #expect(talk.vendor(delta) == [.firstAudio(after: 950), .answered(after: 250)])
    talk.now += 20
    #expect(talk.vendor(delta).isEmpty)
    #expect(talk.vendor(#"{"type":"response.done","response":{"status":"completed"}}"#) == [.turnEnded])
    #expect(!talk.conduct.isInTurn)
    talk.now += 1_000
    _ = talk.vendor(#"{"type":"input_audio_buffer.speech_stopped"}"#)
    #expect(talk.conduct.isInTurn)
    talk.now += 70
    #expect(talk.vendor(delta) == [.answered(after: 70)])
  }

  /// Of vendors that mark nothing, what the client sent last is what they answer.
  @Test func answersToWhoeverMarksNothing() throws {
    var talk = try Talk(vendor("ultravox.call"))
    _ = talk.client([1, 2])
    talk.now += 100
    _ = talk.client([1, 2])
    talk.now += 40
    #expect(talk.vendor([0]).contains(.answered(after: 40)))
    _ = talk.client([1, 2])
    talk.now += 10
    #expect(!talk.vendor([0]).contains(.answered(after: 10)))
    talk.now += 2_000
    _ = talk.client([1, 2])
    talk.now += 60
    #expect(talk.vendor([0]).contains(.answered(after: 60)))
  }

  @Test func repliesOfTheRoute() throws {
    var settings = ConductSettings()
    settings.replies = [("input_audio_buffer.speech_stopped", #"{"type":"response.create"}"#)]
    for vendor in [try vendor("openai.realtime"), Self.plainJSON] {
      var talk = try Talk(vendor, settings)
      let reply = ConductEvent.say(Array(#"{"type":"response.create"}"#.utf8), .reply)
      #expect(talk.vendor(#"{"event_id":"e","type":"input_audio_buffer.speech_stopped"}"#).last == reply)
      #expect(talk.vendor(#"{"type":"input_audio_buffer.speech_\u0073topped"}"#) == [reply])
      for other in [#"{"type":"input_audio_buffer.speech_started"}"#, #"{"text":"input_audio_buffer.speech_stopped"}"#, "", "{", "[]"] {
        #expect(talk.vendor(other).isEmpty, "\(other)")
      }
      #expect(talk.client(#"{"type":"input_audio_buffer.speech_stopped"}"#).news.isEmpty)
    }
  }

  static var plainJSON: VendorDescriptor {
    var vendor = VendorDescriptor.plain
    (vendor.codec.client, vendor.codec.server) = (.jsonTextAndBinaryAudio, .jsonTextAndBinaryAudio)
    return vendor
  }
}
