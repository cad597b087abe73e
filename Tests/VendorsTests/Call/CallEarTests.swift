import Testing
@testable import Vendors

@Suite struct CallEarTests {
  private static func ear(_ yaml: String) throws -> CallEar {
    let (read, problems) = descriptor("test.one:\n  kind: speech_to_speech\n  endpoint: {url: wss://a.b/c}\n" + yaml)
    #expect(problems == [])
    return CallEar(try #require(read), outputFormat: nil)
  }

  static let heard: [(String, String, [CallEvent])] = [
    (
      "deepgram.listen", #"{"type":"Results","is_final":false,"channel":{"alternatives":[{"transcript":"alpha"}]}}"#,
      [.transcript(CallTranscript("alpha", isFinal: false, speaker: .client))]
    ),
    (
      "deepgram.listen", #"{"type":"Results","is_final":true,"speech_final":true,"channel":{"alternatives":[{"transcript":"alpha"}]}}"#,
      [.transcript(CallTranscript("alpha", isFinal: true, speaker: .client)), .turnEnded]
    ),
    (
      "deepgram.listen", #"{"type":"Results","is_final":true,"speech_final":false,"channel":{"alternatives":[{"transcript":""}]}}"#,
      [.message(name: "Results")]
    ),
    ("deepgram.listen", #"{"type":"Metadata","duration":2.5}"#, [.message(name: "Metadata"), .usage(amount: 2.5, unit: "seconds")]),
    (
      "deepgram.agent", #"{"type":"ConversationText","role":"assistant","content":"Hello."}"#,
      [.transcript(CallTranscript("Hello.", isFinal: true, speaker: .vendor))]
    ),
    ("deepgram.agent", #"{"type":"Error","description":"no","code":"BAD"}"#, [.failure(code: "BAD", text: "no", isFatal: true)]),
    ("deepgram.agent", #"{"type":"AgentAudioDone"}"#, [.message(name: "AgentAudioDone"), .turnEnded]),
    ("openai.realtime", #"{"type":"response.output_audio.delta","delta":"AQID"}"#, [.audio([1, 2, 3])]),
    ("openai.realtime", #"{"type":"response.output_audio.delta","delta":"?"}"#, [.message(name: "response.output_audio.delta")]),
    (
      "openai.realtime", #"{"type":"response.done","response":{"status":"completed","usage":{"total_tokens":7}}}"#,
      [.message(name: "response.done"), .usage(amount: 7, unit: "tokens"), .turnEnded]
    ),
    ("openai.realtime", #"{"type":"response.done","response":{"status":"cancelled"}}"#, [.message(name: "response.done")]),
    ("openai.realtime", "not json", [.text("not json")]),
    ("openai.realtime", "[1]", [.text("[1]")]),
  ]

  @Test(arguments: heard)
  func aMessageIsWhatItsDescriptorSays(name: String, text: String, events: [CallEvent]) throws {
    var ear = CallEar(try vendor(name), outputFormat: nil)
    #expect(ear.hear(text).events == events)
  }

  @Test func additionsAreTheUtteranceSoFar() throws {
    var ear = CallEar(try vendor("openai.realtime"), outputFormat: nil)
    func said(_ type: String, _ member: String, _ text: String) -> [CallEvent] {
      ear.hear(#"{"type":"response.output_audio_transcript.\#(type)","\#(member)":"\#(text)"}"#).events
    }
    func words(_ text: String, isFinal: Bool = false) -> [CallEvent] {
      [.transcript(CallTranscript(text, isFinal: isFinal, speaker: .vendor))]
    }
    #expect(said("delta", "delta", "You") == words("You"))
    #expect(said("delta", "delta", " said") == words("You said"))
    #expect(said("done", "transcript", "You said.") == words("You said.", isFinal: true))
    #expect(said("delta", "delta", "Next") == words("Next"))
  }

  @Test func binaryMessagesAreWhatTheCodecSays() throws {
    var audio = CallEar(try vendor("deepgram.agent"), outputFormat: nil)
    #expect(audio.hear([1, 2]).events == [.audio([1, 2])])
    #expect(audio.hear([UInt8]()).events == [])
    var json = try Self.ear("  codec: {server: json_any_opcode}\n  discriminator: [{path: kind}]")
    #expect(json.hear(Array(#"{"kind":"hello"}"#.utf8)).events == [.message(name: "hello")])
    var text = CallEar(try vendor("openai.realtime"), outputFormat: nil)
    #expect(text.hear([1, 2]).events == [.message(name: "binary message of 2 bytes")])
  }

  @Test func plainTextMayHoldWords() throws {
    var ear = try Self.ear(
      """
        codec: {server: plain_text}
        conversation:
          transcripts: [{match: {text: {prefix: "HEARD "}}, path: text}]
          turn_end: [{text: BYE}]
      """)
    #expect(ear.hear("HEARD alpha").events == [.transcript(CallTranscript("HEARD alpha", isFinal: true, speaker: .client))])
    #expect(ear.hear("BYE").events == [.text("BYE"), .turnEnded])
  }

  @Test func aVendorMayDeclareItsFormat() throws {
    var ear = try Self.ear(
      """
        codec: {server: json_text+binary_audio}
        audio:
          server: binary
          format: {server_message: {match: {type: begin}, output: {encoding: codec, rate: hz}}}
          allowed: {output: {pcm: {codec: pcm_s16le}}}
      """)
    #expect(ear.outputFormat == nil)
    _ = ear.hear(#"{"type":"begin","codec":"pcm","hz":22050}"#)
    #expect(ear.outputFormat == AudioFormat(encoding: .pcmS16LE, rate: 22_050))
    _ = ear.hear(#"{"type":"begin","codec":"odd","hz":1}"#)
    #expect(ear.outputFormat?.rate == 22_050)
  }
}
