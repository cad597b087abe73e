import JSON
import Testing
@testable import Vendors

/// Values that say a whole format.
@Suite struct FormatPatternTests {
  static let queries: [(vendor: String, query: String, direction: AudioDirection, format: AudioFormat?)] = [
    ("elevenlabs.tts", "output_format=pcm_16000", .output, AudioFormat(encoding: .pcmS16LE, rate: 16_000)),
    ("elevenlabs.tts", "output_format=mp3_44100_128", .output, AudioFormat(encoding: .mp3, rate: 44_100)),
    ("elevenlabs.tts", "output_format=ulaw_8000", .output, AudioFormat(encoding: .mulaw, rate: 8000)),
    ("elevenlabs.tts", "output_format=opus_48000_64", .output, AudioFormat(encoding: .opus, rate: 48_000)),
    ("elevenlabs.tts", "output_format=pcm_11025", .output, nil), ("elevenlabs.tts", "output_format=pcm", .output, nil),
    ("elevenlabs.tts", "output_format=pcm_-1", .output, nil), ("elevenlabs.tts", "output_format=flac_44100", .output, nil),
    ("elevenlabs.scribe", "audio_format=pcm_48000", .input, AudioFormat(encoding: .pcmS16LE, rate: 48_000)),
    ("together.stt", "input_audio_format=pcm_s16le_16000", .input, AudioFormat(encoding: .pcmS16LE, rate: 16_000)),
    ("together.stt", "input_audio_format=pcm_s16le_8000", .input, nil),
    ("deepgram.speak", "encoding=mulaw", .output, AudioFormat(encoding: .mulaw, rate: 8000)),
    ("deepgram.speak", "encoding=linear16", .output, AudioFormat(encoding: .pcmS16LE, rate: 24_000)),
    ("deepgram.speak", "sample_rate=48000", .output, AudioFormat(encoding: .pcmS16LE, rate: 48_000)),
    ("deepgram.speak", "encoding=mulaw&sample_rate=24000", .output, nil),
    ("rime.json", "audioFormat=pcm", .output, AudioFormat(encoding: .pcmS16LE, rate: 22_050)),
    ("rime.json", "audioFormat=pcm&samplingRate=4000", .output, AudioFormat(encoding: .pcmS16LE, rate: 4000)),
    ("rime.json", "audioFormat=pcm&samplingRate=48000", .output, nil),
    ("assemblyai.streaming", "sample_rate=16000", .input, AudioFormat(encoding: .pcmS16LE, rate: 16_000)),
  ]

  @Test(arguments: queries)
  func aQueryDeclares(name: String, query: String, direction: AudioDirection, format: AudioFormat?) throws {
    #expect((try? vendor(name).audio.declared(in: Query(query), direction)) == format)
  }

  /// Which of two a vendor takes is not to be guessed.
  @Test func aFormatThatIsGivenTwiceIsNone() throws {
    let audio = try vendor("elevenlabs.tts").audio
    let problem = #expect(throws: FormatProblem.self) {
      try audio.declared(in: Query("output_format=pcm_16000&output_format=ulaw_8000"), .output)
    }
    #expect(problem?.description == "'output_format' is given more than once; expected one value")
    #expect(throws: EndpointError.repeated("output_format")) {
      try Endpoint(descriptor: vendor("elevenlabs.tts")).request(
        ClientRequest(rest: "/v1/text-to-speech/v/stream-input", query: "output_format=pcm_16000&output%5Fformat=ulaw_8000"), secret: "s")
    }
    #expect(EndpointError.repeated("output_format").status == 400)
  }

  /// Nobody's format is that long, and it is a client that says it.
  @Test func aLongValueIsNoFormat() throws {
    let directions = try #require(vendor("elevenlabs.tts").audio.format.query)
    let name = String(repeating: "a", count: 59)
    #expect(directions.fixed("\(name)_8000").rate == 8000)
    for value in ["a\(name)_8000", String(repeating: "1_", count: 15_000)] {
      #expect(directions.fixed(value).encoding == value && directions.fixed(value).rate == nil)
    }
  }

  static let messages: [(vendor: String, message: String, direction: AudioDirection, format: AudioFormat?)] = [
    (
      "gemini.live", #"{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=48000","data":""}}}"#, .input,
      AudioFormat(encoding: .pcmS16LE, rate: 48_000)
    ),
    (
      "gemini.live", #"{"realtimeInput":{"audio":{"mimeType":"audio/pcm; rate=8000","data":""}}}"#, .input,
      AudioFormat(encoding: .pcmS16LE, rate: 8000)
    ),
    (
      "gemini.live", #"{"realtimeInput":{"audio":{"mimeType":"audio/pcm","data":""}}}"#, .input,
      AudioFormat(encoding: .pcmS16LE, rate: 16_000)
    ),
    ("gemini.live", #"{"realtimeInput":{"audio":{"mimeType":"audio/opus;rate=48000","data":""}}}"#, .input, nil),
    (
      "elevenlabs.agents",
      #"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"agent_output_audio_format":"ulaw_8000"}}"#,
      .output, AudioFormat(encoding: .mulaw, rate: 8000)
    ),
    (
      "azure.voice_live", #"{"type":"session.update","session":{"output_audio_format":"pcm16_8000hz"}}"#, .output,
      AudioFormat(encoding: .pcmS16LE, rate: 8000)
    ),
    (
      "openai.live", #"{"type":"session.start","session":{"audio":{"format":{"type":"audio/pcm","rate":16000}}}}"#, .output,
      AudioFormat(encoding: .pcmS16LE, rate: 16_000)
    ),
  ]

  @Test(arguments: messages)
  func aMessageDeclares(name: String, message: String, direction: AudioDirection, format: AudioFormat?) throws {
    #expect((try? vendor(name).audio.declared(in: JSONValue.parse(message), direction)) == format)
  }

  /// What a call writes is what a vendor reads.
  @Test(arguments: ["elevenlabs.tts", "elevenlabs.scribe"])
  func whatIsWrittenIsRead(name: String) throws {
    let directions = try #require(vendor(name).audio.format.query)
    for (encoding, rate) in [("pcm", 16_000), ("ulaw", 8000), ("pcm", 44_100)] {
      var fixed = FormatRules.Fixed()
      fixed.encoding = encoding
      fixed.rate = rate
      #expect(directions.fixed(try #require(directions.value(fixed))) == fixed)
    }
  }

  static let templates: [(template: String, text: String, values: [String: String]?)] = [
    ("{a}_{b}", "x_y", ["a": "x", "b": "y"]), ("{a}_{b}", "x_y_z", ["a": "x", "b": "y_z"]), ("{a}_{b}", "xy", nil), ("{a}_{b}", "_y", nil),
    ("v{a}", "v1", ["a": "1"]), ("v{a}", "v", nil), ("plain", "plain", [:]), ("plain", "plane", nil), ("{a}", "", nil),
    ("{a}.b.{c}", "1.b.b.2", ["a": "1", "c": "b.2"]),
  ]

  @Test(arguments: templates)
  func aTemplateIsReadBackwards(template: String, text: String, values: [String: String]?) {
    #expect(TextTemplate(template).values(in: text) == values)
  }

  static let mistakes: [(String, String)] = [
    ("{query: {input: {encoding: e}, pattern: \"{rate}\"}}", "must hold '{encoding}'"),
    ("{query: {input: {encoding: e}, pattern: \"{encoding}_{depth}\"}}", "holds '{depth}'"),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsSaid(yaml: String, said: String) {
    let problems = descriptor("test.one:\n  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  audio: {format: \(yaml)}").problems
    #expect(problems.contains { $0.contains(said) }, "\(problems)")
  }
}
