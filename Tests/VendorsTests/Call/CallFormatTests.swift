import JSON
import Testing
@testable import Vendors

@Suite struct CallFormatTests {
  struct Case: Sendable {
    var vendor: String
    var recording: AudioFormat
    var sent: AudioFormat
    /// What the declaration says, by the vendor's own name.
    var name: String
    var rate: Int?

    init(_ vendor: String, _ recording: AudioFormat, _ sent: AudioFormat, _ name: String, _ rate: Int?) {
      self.vendor = vendor
      self.recording = recording
      self.sent = sent
      self.name = name
      self.rate = rate
    }
  }

  static func pcm(_ rate: Int, channels: Int = 1) -> AudioFormat { AudioFormat(encoding: .pcmS16LE, rate: rate, channels: channels) }

  static let cases: [Case] = [
    // What a vendor takes as it is stays as it is.
    Case("deepgram.listen", pcm(8000), pcm(8000), "linear16", 8000),
    Case("deepgram.listen", pcm(16_000), pcm(16_000), "linear16", 16_000),
    Case("deepgram.listen", pcm(44_100), pcm(44_100), "linear16", 44_100),
    Case("deepgram.listen", pcm(48_000, channels: 2), pcm(48_000), "linear16", 48_000),
    Case("deepgram.listen", AudioFormat(encoding: .mulaw, rate: 8000), AudioFormat(encoding: .mulaw, rate: 8000), "mulaw", 8000),
    Case("deepgram.listen", AudioFormat(encoding: .alaw, rate: 8000), AudioFormat(encoding: .alaw, rate: 8000), "alaw", 8000),
    Case(
      "deepgram.listen", AudioFormat(encoding: .pcmF32LE, rate: 22_050), AudioFormat(encoding: .pcmF32LE, rate: 22_050), "linear32",
      22_050),
    Case("deepgram.listen", AudioFormat(encoding: .pcmS24LE, rate: 48_000), pcm(48_000), "linear16", 48_000),
    Case("deepgram.listen", AudioFormat(encoding: .pcmU8, rate: 11_025), pcm(11_025), "linear16", 11_025),
    Case("deepgram.agent", pcm(44_100, channels: 2), pcm(44_100), "linear16", 44_100),
    Case("deepgram.agent", AudioFormat(encoding: .mulaw, rate: 8000), AudioFormat(encoding: .mulaw, rate: 8000), "mulaw", 8000),
    // One that takes a single rate gets that, and telephone audio gets its own name.
    Case("openai.realtime", pcm(8000), pcm(24_000), "audio/pcm", 24_000),
    Case("openai.realtime", pcm(16_000), pcm(24_000), "audio/pcm", 24_000),
    Case("openai.realtime", pcm(44_100), pcm(24_000), "audio/pcm", 24_000),
    Case("openai.realtime", pcm(48_000, channels: 2), pcm(24_000), "audio/pcm", 24_000),
    Case("openai.realtime", AudioFormat(encoding: .mulaw, rate: 8000), AudioFormat(encoding: .mulaw, rate: 8000), "audio/pcmu", nil),
    Case("openai.realtime", AudioFormat(encoding: .alaw, rate: 8000), AudioFormat(encoding: .alaw, rate: 8000), "audio/pcma", nil),
    Case("openai.realtime", AudioFormat(encoding: .mulaw, rate: 16_000), pcm(24_000), "audio/pcm", 24_000),
  ]

  @Test(arguments: cases)
  func theFormatNeedsTheLeastChange(one: Case) throws {
    let chosen = try CallFormat.input(for: one.recording, query: Query(), vendor(one.vendor))
    #expect(chosen.format == one.sent)
    #expect(chosen.declaration?.encoding == one.name)
    #expect(chosen.declaration?.rate == one.rate)
  }

  static let recordings: [AudioFormat] = [
    pcm(8000), pcm(16_000), pcm(16_000, channels: 2), pcm(44_100), pcm(48_000, channels: 2), AudioFormat(encoding: .mulaw, rate: 8000),
    AudioFormat(encoding: .mulaw, rate: 8000, channels: 2), AudioFormat(encoding: .alaw, rate: 16_000),
    AudioFormat(encoding: .pcmU8, rate: 16_000), AudioFormat(encoding: .pcmF32LE, rate: 24_000),
  ]

  @Test(arguments: recordings, ["deepgram.listen", "deepgram.agent", "openai.realtime"])
  func anyRecordingIsUnderstood(format: AudioFormat, name: String) throws {
    var settings = CallScript.Settings()
    settings.speed = 4
    var start = try booking()
    start.audio.removeLast(start.audio.count - 3 * 32_000)
    let recording = try converted(start, to: format)
    var phone = try Phone(vendor(name), recording, query: "model=m", settings: settings, delay: .zero)
    phone.run()
    #expect(phone.script.outcome == .completed)
    #expect(phone.failures == [])
    #expect(phone.finals.joined(separator: " ").contains("every word you hear"), "\(phone.finals)")
    let sent = try #require(phone.script.inputFormat.seconds(bytes: phone.sentAudio.map(\.bytes.count).reduce(0, +)))
    #expect(sent >= recording.seconds - 0.01)
    if name != "deepgram.listen" { try CallScriptTests.expectSpeech(phone.reply, rate: phone.script.outputFormat?.rate ?? 0) }
  }

  static let composites = """
    test.one:
      kind: speech_to_text
      endpoint: {url: "wss://stt.example.com/ws"}
      audio:
        client: {match: {message_type: chunk}, path: "parts[0].data"}
        format:
          query:
            input: {encoding: format}
            composite:
              pcm_8000: {encoding: pcm_s16le, rate: 8000}
              pcm_24000: {encoding: pcm_s16le, rate: 24000}
              ulaw_8000: {encoding: mulaw, rate: 8000}
        limits: {min_chunk: 200ms, max_chunk: 1s}
    """

  @Test(arguments: [(16_000, "pcm_24000"), (48_000, "pcm_24000"), (8000, "pcm_8000")])
  func aFormatMayBeOneWord(rate: Int, word: String) throws {
    let (read, problems) = descriptor(Self.composites)
    #expect(problems == [])
    let file = WAVFile(samples: speech(syllables: 2, rate: rate), rate: rate)
    var script = try CallScript(try #require(read), file)
    #expect(script.query == [.init("format", word)])
    let first = script.opened(now: .zero)
    guard case .text(let text)? = first.last, let message = try? JSONValue.parse(text) else {
      Issue.record("no audio in \(first)")
      return
    }
    #expect(message["message_type"] == "chunk")
    let audio = message.at("parts.0.data")?.stringValue.flatMap { Base64.decode($0) }
    // Not 100 ms, as the vendor wants longer pieces.
    #expect(audio?.count == script.inputFormat.rate / 5 * 2)
    script = try CallScript(try #require(read), file, query: Query("format=ulaw_8000"))
    #expect(script.query == [])
    #expect(script.inputFormat == AudioFormat(encoding: .mulaw, rate: 8000))
  }

  @Test func undeclaredAudioIsAWAVStream() throws {
    let (read, _) = descriptor(
      """
      test.one:
        kind: speech_to_text
        endpoint: {url: "wss://stt.example.com/ws"}
        audio: {client: binary}
      """)
    let file = WAVFile(samples: speech(syllables: 2, rate: 44_100), rate: 44_100)
    var script = try CallScript(try #require(read), file)
    guard case .binary(let bytes)? = script.opened(now: .zero).last else {
      Issue.record("no audio")
      return
    }
    let header = try WAVHeader(reading: bytes)
    #expect(header.format == file.format)
    #expect(header.audioBytes == nil)
    #expect(Array(bytes[header.audioOffset...]) == Array(file.audio.prefix(8820)))
  }

  @Test func aPlainServerGetsTheFileAsItIs() throws {
    let file = try converted(booking(), to: AudioFormat(encoding: .mulaw, rate: 8000, channels: 2))
    var script = try CallScript(.plain(speaking: file.format), file)
    #expect(script.query == [])
    #expect(script.outputFormat == file.format)
    var now = Duration.zero, actions = script.opened(now: now), sent: [UInt8] = [], echoed: [UInt8] = []
    while script.outcome == nil {
      for action in actions {
        switch action {
        case .binary(let bytes):
          sent += bytes
          for case .note(.audio(let back)) in script.receive(binary: bytes, now: now) { echoed += back }
        case .finish(1000): script.closed(CloseFrame(code: 1000), now: now)
        case .text(let text): Issue.record("'\(text)' is sent")
        default: break
        }
      }
      guard let next = script.nextTick else { break }
      now = next
      actions = script.tick(now: now)
    }
    #expect(script.outcome == .completed)
    #expect(sent == file.audio)
    #expect(echoed == file.audio)
    #expect(script.figures.answers.count >= 1)
  }

  // MARK: - what can't be

  private static func only(_ allowed: String) -> String {
    """
    kind: speech_to_text
      endpoint: {url: wss://a.b/c}
      audio: {client: binary, format: {query: {input: {encoding: e, rate: r}}}, allowed: {input: {\(allowed)}}}
    """
  }

  static let impossible: [(String, String, CallProblem)] = [
    ("kind: text_to_speech\n  endpoint: {url: wss://a.b/c}", "", .takesNoAudio(vendor: "test.one")),
    (
      "kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  codec: {client: protobuf}\n  audio: {client: binary}", "",
      .codec(vendor: "test.one", codec: "protobuf")
    ),
    (only("opus: {codec: opus}"), "", .noFormat(vendor: "test.one", formats: ["opus"])),
    (only("opus: {codec: opus}"), "e=opus&r=48000", .cannotEncode(AudioFormat(encoding: .opus, rate: 48_000))),
    (only("pcm: {codec: pcm_s16le}"), "e=wav", .format(FormatProblem(name: "e", found: "'wav'", expected: "one of pcm"))),
  ]

  @Test(arguments: impossible)
  func whatCannotBeSentIsSaid(yaml: String, query: String, problem: CallProblem) throws {
    let (read, problems) = descriptor("test.one:\n  " + yaml)
    #expect(problems == [])
    let vendor = try #require(read), file = try booking()
    #expect(throws: problem) { try CallScript(vendor, file, query: Query(query)) }
    #expect(!problem.description.isEmpty)
  }

  @Test func anEmptyRecordingIsSaid() throws {
    let vendor = try vendor("deepgram.listen")
    #expect(throws: CallProblem.empty) { try CallScript(vendor, WAVFile(samples: [], rate: 16_000)) }
  }
}
