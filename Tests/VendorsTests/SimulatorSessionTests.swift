import JSON
import TestSupport
import Testing
@testable import Vendors

/// Conversations with the three simulated endpoints, by audio that the tests make.
@Suite struct SimulatorSessionTests {
  static func listen(_ query: String = "", misbehaviour: Misbehaviour? = nil) throws -> Conversation {
    let request = ClientRequest(
      rest: "/v1/listen", query: "model=nova-3&encoding=linear16&sample_rate=16000&\(query)", headers: [("Authorization", "Token k")])
    return try Conversation(
      SimulatorSession.admit(
        request, vendor("deepgram.listen"), secret: "k", seed: 1, unixTime: 1_790_000_000,
        misbehaviour: misbehaviour))
  }

  static func agent() throws -> Conversation {
    let request = ClientRequest(rest: "/v1/agent/converse", query: nil, headers: [("Authorization", "Token k")])
    return try Conversation(SimulatorSession.admit(request, vendor("deepgram.agent"), secret: "k", seed: 1))
  }

  static func realtime() throws -> Conversation {
    let request = ClientRequest(rest: "/v1/realtime", query: "model=gpt-realtime", headers: [("Authorization", "Bearer k")])
    return try Conversation(SimulatorSession.admit(request, vendor("openai.realtime"), secret: "k", seed: 1, unixTime: 1_790_000_000))
  }

  // MARK: - deepgram.listen

  @Test func listenTranscribesWhatItHears() throws {
    var talk = try Self.listen("interim_results=true&vad_events=true&utterance_end_ms=1000")
    #expect(talk.actions == [])
    talk.stream(pcm(speech(syllables: 6, rate: 16_000)), piece: 640)
    let started = try #require(talk.message("SpeechStarted"))
    #expect(abs((started["timestamp"]?.doubleValue ?? 0) - 0.3) < 0.05)
    let results = talk.all("Results")
    let final = try #require(results.last)
    #expect(results.dropLast().allSatisfy { $0["is_final"] == false })
    #expect(results.count > 2)
    #expect(final["is_final"] == true)
    #expect(final["speech_final"] == true)
    #expect(final["from_finalize"] == false)
    let best = try #require(final.at("channel.alternatives.0"))
    #expect(best["transcript"] == "every word you hear comes from")
    #expect(best["words"]?.arrayValue?.count == 6)
    #expect(abs((final["start"]?.doubleValue ?? 0) - 0.3) < 0.05)
    #expect(abs((final["duration"]?.doubleValue ?? 0) - 1.36) < 0.06)
    let first = try #require(best.at("words.0"))
    #expect(first["word"] == "every")
    #expect((first["end"]?.doubleValue ?? 0) < 0.6)
    #expect(talk.message("UtteranceEnd")?["last_word_end"] == final.at("channel.alternatives.0.words.5.end"))

    talk.send(#"{"type":"CloseStream"}"#)
    let metadata = try #require(talk.message("Metadata"))
    #expect(metadata["duration"] == .double(2.46))
    #expect(metadata["channels"] == 1)
    #expect(metadata["created"] == "2026-09-21T14:13:20.000Z")
    #expect(metadata.at("model_info.nova-3.name") == "nova-3")
    #expect(talk.actions.last == .close(code: 1000, reason: ""))
    #expect(talk.session.isClosed)
    talk.send(#"{"type":"KeepAlive"}"#)
    #expect(talk.closes.count == 1)
  }

  @Test func interimResultsAreAskedFor() throws {
    var talk = try Self.listen()
    talk.stream(pcm(speech(syllables: 6, rate: 16_000)), piece: 640)
    #expect(talk.types == ["Results"])
  }

  @Test func wordsAreRenderedForEachPartOfASpeech() throws {
    var talk = try Self.listen()
    talk.stream(pcm(speech(syllables: 2, rate: 16_000) + speech(syllables: 3, rate: 16_000)), piece: 640)
    let texts = talk.all("Results").compactMap { $0.at("channel.alternatives.0.transcript")?.stringValue }
    #expect(texts == ["every word", "every word you"])
    let starts = talk.all("Results").compactMap { $0["start"]?.doubleValue }
    #expect(starts.count == 2 && starts[1] > starts[0] + 1)
  }

  @Test func finalizeAndCloseFlushWhatIsUnderWay() throws {
    var talk = try Self.listen()
    talk.stream(pcm(SyntheticSpeech.samples(syllables: 4, rate: 16_000)), piece: 640)
    #expect(talk.types == [])
    talk.send(#"{"type":"Finalize"}"#)
    let final = try #require(talk.message("Results"))
    #expect(final["from_finalize"] == true)
    #expect(final["speech_final"] == false)
    #expect(final.at("channel.alternatives.0.transcript") == "every word you hear")
    talk.stream(pcm(SyntheticSpeech.samples(syllables: 2, rate: 16_000)), piece: 640)
    talk.send(#"{"type":"CloseStream"}"#)
    #expect(talk.types == ["Results", "Results", "Metadata"])
  }

  @Test(arguments: ["mulaw", "alaw"])
  func telephoneAudioIsHeardAsWell(encoding: String) throws {
    let request = ClientRequest(
      rest: "/v1/listen", query: "model=m&encoding=\(encoding)&sample_rate=8000",
      headers: [
        (
          "Authorization",
          "Token k"
        )
      ])
    var talk = try Conversation(SimulatorSession.admit(request, vendor("deepgram.listen"), secret: "k", seed: 1))
    let bytes = AudioEncoder.encode(speech(syllables: 5, rate: 8000), as: encoding == "mulaw" ? .mulaw : .alaw) ?? []
    talk.stream(bytes, piece: 160)
    #expect(talk.message("Results")?.at("channel.alternatives.0.transcript") == "every word you hear comes")
  }

  @Test func aContainerSaysItselfWhatItIs() throws {
    let request = ClientRequest(rest: "/v1/listen", query: "model=m", headers: [("Authorization", "Token k")])
    var talk = try Conversation(SimulatorSession.admit(request, vendor("deepgram.listen"), secret: "k", seed: 1))
    talk.stream(try #require(WAVFile(samples: speech(syllables: 3, rate: 24_000), rate: 24_000).bytes), piece: 7)
    talk.send(#"{"type":"CloseStream"}"#)
    #expect(talk.message("Results")?.at("channel.alternatives.0.transcript") == "every word you")
    #expect(abs((talk.message("Metadata")?["duration"]?.doubleValue ?? 0) - 1.74) < 0.01)
  }

  @Test func undecodableAudioIsClosed() throws {
    let request = ClientRequest(rest: "/v1/listen", query: "model=m", headers: [("Authorization", "Token k")])
    var talk = try Conversation(SimulatorSession.admit(request, vendor("deepgram.listen"), secret: "k", seed: 1))
    talk.send([UInt8](repeating: 0, count: 640))
    #expect(talk.actions == [.close(code: 1008, reason: "DATA-0000")])
  }

  @Test func opaqueAudioGetsWordsByTheClock() throws {
    let request = ClientRequest(rest: "/v1/listen", query: "model=m", headers: [("Authorization", "Token k")])
    var talk = try Conversation(SimulatorSession.admit(request, vendor("deepgram.listen"), secret: "k", seed: 1))
    talk.send([0x1A, 0x45, 0xDF, 0xA3] + [UInt8](repeating: 1, count: 40))
    for _ in 0..<20 {
      talk.now += .milliseconds(100)
      talk.send([UInt8](repeating: 2, count: 300))
    }
    talk.send(#"{"type":"CloseStream"}"#)
    #expect(abs((talk.message("Metadata")?["duration"]?.doubleValue ?? 0) - 2.1) < 0.01)
    #expect((talk.message("Results")?.at("channel.alternatives.0.words")?.arrayValue?.count ?? 0) >= 7)
  }

  @Test func silenceIsCutOffUnlessKeptAlive() throws {
    var talk = try Self.listen()
    talk.wait(.seconds(9))
    #expect(talk.closes == [])
    talk.wait(.seconds(2))
    #expect(talk.actions == [.close(code: 1011, reason: "NET-0001")])

    var kept = try Self.listen()
    kept.stream(pcm(SyntheticSpeech.silence(milliseconds: 20, rate: 16_000)), piece: 640)
    for _ in 0..<10 {
      kept.wait(.seconds(5))
      kept.send(#"{"type":"KeepAlive"}"#)
    }
    #expect(kept.actions == [])
    kept.wait(.seconds(11))
    #expect(kept.actions == [.close(code: 1011, reason: "NET-0001")])
  }

  @Test func keepalivesDoNotCountBeforeAudio() throws {
    var talk = try Self.listen()
    for _ in 0..<3 {
      talk.wait(.seconds(4))
      talk.send(#"{"type":"KeepAlive"}"#)
    }
    #expect(talk.actions == [.close(code: 1011, reason: "NET-0001")])
  }

  @Test(arguments: ["nonsense", "[1]", #"{"type":"Dance"}"#, "{}", #"{"type":"#])
  func aBadMessageIsAnError(text: String) throws {
    var listen = try Self.listen()
    listen.send(text)
    #expect(listen.types == ["Error"])
    var realtime = try Self.realtime()
    realtime.send(text)
    #expect(realtime.types == ["session.created", "error"])
    #expect(realtime.closes == [])
  }

  @Test(arguments: [UInt64(11), 12, 13, 14, 15, 16, 17, 18])
  func cutsMakeNoDifference(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = pcm(
      speech(syllables: Int.random(in: 1...9, using: &random), rate: 16_000)
        + speech(
          syllables: Int.random(
            in: 1...9,
            using: &random), rate: 16_000))
    var even = try Self.listen("interim_results=true&vad_events=true"), random1 = even
    even.stream(bytes, piece: 640)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...5000, using: &random)
      random1.send(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(even.actions == random1.actions, "seed \(seed)")
    #expect(even.types.contains("Results"), "seed \(seed)")
  }

  // MARK: - deepgram.agent

  private static let settings = """
    {"type":"Settings","audio":{"input":{"encoding":"linear16","sample_rate":16000},"output":{"encoding":"linear16","sample_rate":24000}},"agent":{}}
    """

  @Test func theAgentListensAndSpeaks() throws {
    var talk = try Self.agent()
    #expect(talk.types == ["Welcome"])
    talk.send(Self.settings)
    #expect(talk.types == ["Welcome", "SettingsApplied"])
    talk.stream(pcm(speech(syllables: 4, rate: 16_000)), piece: 640)
    talk.wait(.seconds(3))
    #expect(
      talk.types == [
        "Welcome", "SettingsApplied", "UserStartedSpeaking", "ConversationText", "AgentThinking", "ConversationText",
        "AgentStartedSpeaking",
        "AgentAudioDone",
      ])
    let texts = talk.all("ConversationText")
    #expect(texts[0]["role"] == "user")
    #expect(texts[0]["content"] == "every word you hear")
    #expect(texts[1]["role"] == "assistant")
    #expect(texts[1]["content"] == "You said every word you hear.")
    // The speech itself comes back, at the output's rate, with a tenth of a second on both sides.
    #expect(abs(Double(talk.audio.count) / 48_000 - 1.08) < 0.06)
    var decoder = try #require(AudioDecoder(AudioFormat(encoding: .pcmS16LE, rate: 24_000)))
    var detector = SpeechDetector(rate: 24_000)
    let events = detector.process(decoder.decode(talk.audio)) + detector.finish()
    #expect(events.count { if case .syllable = $0 { true } else { false } } == 4)
    #expect(talk.actions.last == .text(#"{"type":"AgentAudioDone"}"#))
  }

  @Test func settingsComeFirst() throws {
    var talk = try Self.agent()
    talk.send(#"{"type":"InjectUserMessage","content":"hi"}"#)
    #expect(talk.types == ["Welcome", "Error"])
    talk.send([0, 0])
    #expect(talk.types == ["Welcome", "Error", "Error"])
    talk.send(#"{"type":"KeepAlive"}"#)
    talk.send(Self.settings)
    #expect(talk.types.last == "SettingsApplied")
  }

  @Test func aFormatItDoesNotTakeIsAnError() throws {
    var talk = try Self.agent()
    talk.send(#"{"type":"Settings","audio":{"input":{"encoding":"linear61","sample_rate":16000}}}"#)
    #expect(talk.types == ["Welcome", "Error"])
    #expect(talk.message("Error")?["description"]?.stringValue?.contains("audio.input.encoding") ?? false)
  }

  @Test func aGreetingAndTypedWordsAreSpoken() throws {
    var talk = try Self.agent()
    talk.send(#"{"type":"Settings","agent":{"greeting":"Hello there"}}"#)
    talk.wait(.seconds(2))
    #expect(talk.types == ["Welcome", "SettingsApplied", "AgentThinking", "ConversationText", "AgentStartedSpeaking", "AgentAudioDone"])
    #expect(talk.message("ConversationText")?["content"] == "Hello there")
    let before = talk.audio.count
    #expect(before > 0)
    talk.send(#"{"type":"InjectUserMessage","content":"What now?"}"#)
    talk.wait(.seconds(2))
    #expect(talk.last("ConversationText")?["content"] == "You wrote What now?")
    #expect(talk.audio.count > before)
  }

  @Test func theUserMayInterrupt() throws {
    var talk = try Self.agent()
    talk.send(
      #"{"type":"Settings","audio":{"input":{"encoding":"linear16","sample_rate":16000}},"agent":{"greeting":"one two three four five six seven eight nine ten eleven twelve"}}"#
    )
    talk.stream(pcm(SyntheticSpeech.samples(syllables: 3, rate: 16_000)), piece: 640)
    let heard = talk.audio.count
    #expect(talk.types.last == "UserStartedSpeaking")
    talk.wait(.seconds(5))
    #expect(talk.audio.count == heard)
    #expect(!talk.types.contains("AgentAudioDone"))
  }

  @Test func theAgentsSessionEnds() throws {
    var talk = try Self.agent()
    talk.wait(.seconds(7199))
    #expect(talk.closes == [])
    talk.wait(.seconds(2))
    #expect(talk.closes.count == 1)
  }

  // MARK: - misbehaviour

  @Test func itMisbehavesAsTold() throws {
    guard
      case .refused(let refusal) = SimulatorSession.admit(
        ClientRequest(), try vendor("deepgram.listen"), secret: nil, seed: 1,
        misbehaviour: .refuse(status: 503))
    else {
      Issue.record("accepted")
      return
    }
    #expect(refusal.status == 503)
    var closing = try Self.listen(misbehaviour: .close(atMessage: 2, code: 1013))
    closing.send([0, 0])
    #expect(closing.actions == [])
    closing.send([0, 0])
    #expect(closing.actions == [.close(code: 1013, reason: "closed, as it was told to")])
    var stalling = try Self.listen(misbehaviour: .stall(atMessage: 1))
    stalling.send(#"{"type":"CloseStream"}"#)
    stalling.wait(.seconds(60))
    #expect(stalling.actions == [])
    #expect(stalling.session.nextTick == nil)
    var babbling = try Self.listen(misbehaviour: .garbage(atMessage: 1))
    babbling.send([0, 0])
    #expect(babbling.messages.isEmpty)
    #expect(babbling.actions.count == 2)
  }

  @Test func aCloseIsAnswered() throws {
    var talk = try Self.listen()
    #expect(talk.session.receiveClose(code: 1000, now: .zero) == [.close(code: 1000, reason: "")])
    #expect(talk.session.receiveClose(code: 1000, now: .zero) == [])
    talk.send([0, 0])
    #expect(talk.actions == [])
  }

  @Test func aNewVendorIsYAMLAlone() throws {
    let (read, problems) = descriptor(
      """
      test.one:
        kind: speech_to_text
        endpoint: {url: "wss://stt.example.com/ws"}
        credential: {placement: [{query: key}]}
        codec: {client: plain_text+binary_audio, server: json_text}
        audio:
          client: binary
          format: {defaults: {input: {encoding: pcm, rate: 8000}}}
          allowed: {input: {pcm: {codec: pcm_s16le}}}
        simulation:
          on:
            open: [{send: {message: begin, id: "{session_id}"}}]
            speech_stopped: [{run: commit}]
            committed: [{send: {message: said, text: "{transcript}", ms: "{duration_ms}"}}]
          messages:
            - match: {text: done}
              steps: [{send: "bye after {seconds} s"}, {close: {code: 1000}}]
      """)
    #expect(problems == [])
    let admission = SimulatorSession.admit(ClientRequest(rest: "/ws", query: "key=k"), try #require(read), secret: "k", seed: 1)
    var talk = try Conversation(admission)
    talk.stream(pcm(speech(syllables: 2, rate: 8000)), piece: 320)
    #expect(talk.messages.compactMap { $0["message"]?.stringValue } == ["begin", "said"])
    #expect(talk.messages.last?["text"] == "every word")
    talk.send("done")
    #expect(talk.actions.suffix(2) == [.text("bye after 1.5 s"), .close(code: 1000, reason: "")])
  }
}
