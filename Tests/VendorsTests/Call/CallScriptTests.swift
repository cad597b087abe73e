import JSON
import Testing
@testable import Vendors

/// Calls with real speech to the three simulated endpoints.
@Suite struct CallScriptTests {
  // MARK: - deepgram.listen

  @Test func listenTranscribes() throws {
    var phone = try Phone(vendor("deepgram.listen"), booking(), query: "model=nova-3")
    #expect(
      phone.script.query == [
        .init("interim_results", "true"), .init("encoding", "linear16"), .init("sample_rate", "16000"), .init("channels", "1"),
      ])
    phone.run()
    #expect(phone.script.outcome == .completed)
    #expect(phone.events.first?.event == .ready)
    #expect(phone.script.figures.ready == .milliseconds(40))
    let transcripts = phone.transcripts()
    #expect(transcripts.first?.isFinal == false)
    #expect(phone.finals.allSatisfy { $0.hasPrefix("every") } && phone.finals.count > 1, "\(phone.finals)")
    #expect(phone.finals.joined(separator: " ").contains("every word you hear"), "\(phone.finals)")
    #expect(phone.reply == [])
    #expect(phone.failures == [])
    #expect(phone.late == [])
    #expect(phone.sentTypes == ["CloseStream"])
    guard case .usage(let seconds, "seconds")? = phone.events.last?.event else {
      Issue.record("the last event is \(String(describing: phone.events.last))")
      return
    }
    // The recording, and the silence that made the vendor notice its end.
    #expect(seconds > phone.script.progress.total && seconds < phone.script.progress.total + 4)
  }

  @Test func audioIsPacedLikeSpeech() throws {
    var phone = try Phone(vendor("deepgram.listen"), booking(), query: "model=nova-3")
    phone.run()
    let audio = phone.sentAudio
    #expect(audio.count >= 80)
    for (index, piece) in audio.enumerated() {
      #expect(piece.at == .milliseconds(40 + 100 * index))
      #expect(piece.bytes.count == 3200 || index == Int(phone.script.progress.total * 10))
    }
    let recording = try booking().audio
    #expect(Array(audio.flatMap(\.bytes).prefix(recording.count)) == recording)
    var settings = CallScript.Settings()
    settings.speed = 4
    settings.chunk = .milliseconds(20)
    phone = try Phone(vendor("deepgram.listen"), booking(), query: "model=nova-3", settings: settings)
    phone.run()
    #expect(phone.sentAudio.prefix(400).enumerated().allSatisfy { $1.at == .milliseconds(40 + 5 * $0) && $1.bytes.count == 640 })
    #expect(phone.script.outcome == .completed)
  }

  @Test func aFormatInTheURLIsTheOneThatIsSent() throws {
    var phone = try Phone(vendor("deepgram.listen"), booking(), query: "model=nova-3&encoding=mulaw&sample_rate=8000&interim_results=false")
    #expect(phone.script.query == [])
    #expect(phone.script.inputFormat == AudioFormat(encoding: .mulaw, rate: 8000))
    phone.run()
    #expect(phone.sentAudio.first?.bytes.count == 800)
    #expect(phone.transcripts().allSatisfy { $0.isFinal })
    #expect(!phone.finals.isEmpty)
    #expect(phone.script.outcome == .completed)
  }

  // MARK: - deepgram.agent

  @Test func theAgentAnswers() throws {
    var phone = try Phone(vendor("deepgram.agent"), booking())
    phone.run()
    #expect(phone.script.outcome == .completed)
    let settings = try #require(phone.sentMessages.first)
    #expect(settings["type"] == "Settings")
    #expect(settings.at("audio.input.encoding") == "linear16")
    #expect(settings.at("audio.input.sample_rate") == 16_000)
    #expect(settings.at("audio.output.sample_rate") == 24_000)
    #expect(settings.at("audio.output.container") == "none")
    #expect(settings.at("audio.output.channels") == nil)
    #expect(settings.at("agent.think.provider.type") == "open_ai")
    // Welcome and SettingsApplied come before ready, and no audio before that.
    #expect(phone.events.prefix(3).map(\.event) == [.message(name: "Welcome"), .message(name: "SettingsApplied"), .ready])
    #expect(phone.sentAudio.allSatisfy { $0.at >= phone.firstTime(.ready) ?? .seconds(99) })
    #expect(!phone.finals.isEmpty)
    #expect(phone.transcripts(of: .vendor).allSatisfy { $0.text.hasPrefix("You said every word") })
    #expect(phone.script.outputFormat == AudioFormat(encoding: .pcmS16LE, rate: 24_000))
    try Self.expectSpeech(phone.reply, rate: 24_000)
    #expect(phone.failures == [])
  }

  @Test func aSilentAgentIsKeptAlive() throws {
    var settings = CallScript.Settings()
    settings.patience = .seconds(30)
    // Nothing is said from the second message on: neither readiness nor an answer.
    var phone = try Phone(vendor("deepgram.agent"), booking(), settings: settings, misbehaviour: .stall(atMessage: 1))
    phone.run()
    #expect(phone.sentTypes == ["Settings", "KeepAlive", "KeepAlive", "KeepAlive"])
    #expect(phone.sent.dropFirst().map(\.at).prefix(3) == [.milliseconds(8040), .milliseconds(16_040), .milliseconds(24_040)])
    #expect(phone.late == ["type = SettingsApplied"])
    #expect(phone.script.outcome == .failed("the vendor was not ready"))
  }

  @Test func keepalivesFollowTheSilence() throws {
    var script = try CallScript(vendor("deepgram.agent"), booking())
    _ = script.opened(now: .zero)
    _ = script.receive(text: #"{"type":"Welcome"}"#, now: .zero)
    var actions = script.receive(text: #"{"type":"SettingsApplied"}"#, now: .zero)
    #expect(actions.contains(.note(.ready)))
    var keepalives: [Duration] = [], pieces = 0, now = Duration.zero
    while now < .seconds(60) {
      for action in actions {
        if case .binary = action { pieces += 1 }
        if action == .text(#"{"type":"KeepAlive"}"#) { keepalives.append(now) }
      }
      guard let next = script.nextTick else { break }
      now = next
      actions = script.tick(now: now)
    }
    // Recording, three seconds of silence, and eight seconds later the only keepalive before patience ends.
    let recording = Int((script.progress.total * 10).rounded(.up))
    #expect(abs(pieces - recording - 30) <= 1)
    #expect(keepalives == [.milliseconds(100 * (pieces - 1)) + .seconds(8)])
    script.closed(CloseFrame(code: 1000), now: now)
    #expect(script.outcome == .failed("the vendor did not end the turn"))
  }

  // MARK: - openai.realtime

  @Test func realtimeAnswers() throws {
    var phone = try Phone(vendor("openai.realtime"), booking(), query: "model=gpt-realtime")
    #expect(phone.script.query == [])
    #expect(phone.script.inputFormat == AudioFormat(encoding: .pcmS16LE, rate: 24_000))
    phone.run()
    #expect(phone.script.outcome == .completed)
    let update = try #require(phone.sentMessages.first)
    #expect(update["type"] == "session.update")
    #expect(update.at("session.type") == "realtime")
    #expect(update.at("session.audio.input.format")?.text() == #"{"type":"audio/pcm","rate":24000}"#)
    #expect(update.at("session.audio.output.format")?.text() == #"{"type":"audio/pcm","rate":24000}"#)
    #expect(update.at("session.audio.input.transcription.model") != nil)
    #expect(phone.sentAudio.first?.bytes.count == 4800)
    #expect(!phone.finals.isEmpty)
    #expect(phone.transcripts(of: .vendor).last?.text.hasPrefix("You said every word") ?? false)
    // Deltas put together are what `done` says.
    let words = phone.transcripts(of: .vendor)
    for (before, after) in zip(words, words.dropFirst()) where after.isFinal { #expect(before.text == after.text) }
    try Self.expectSpeech(phone.reply, rate: 24_000)
    #expect(phone.failures == [])
    #expect(phone.events.contains { if case .usage(_, "tokens") = $0.event { true } else { false } })
  }

  // MARK: - figures

  @Test(arguments: [0, 50, 400])
  func figuresHoldTheWay(milliseconds: Int) throws {
    let delay = Duration.milliseconds(milliseconds)
    let file = WAVFile(samples: speech(syllables: 8, rate: 16_000, before: 500, after: 200), rate: 16_000)
    var listen = try Phone(vendor("deepgram.listen"), file, query: "model=m", delay: delay)
    listen.run()
    #expect(listen.script.figures.ready == delay * 2)
    // The first interim comes at half a second of speech or soon after; the way there and back is in it.
    let first = try #require(listen.script.figures.firstTranscript) - delay * 2
    #expect(first >= .milliseconds(400) && first <= .milliseconds(1100), "\(first)")
    // 300 ms of silence end the turn; pieces are 100 ms.
    let final = try #require(listen.script.figures.finalTranscripts.values.first) - delay * 2
    #expect(final >= .milliseconds(200) && final <= .milliseconds(400), "\(final)")
    var realtime = try Phone(vendor("openai.realtime"), file, query: "model=m", delay: delay)
    realtime.run()
    let figures = realtime.script.figures
    #expect(figures.ready == delay * 2)
    // 500 ms of silence and 200 ms until the first audio.
    let audio = try #require(figures.firstAudio) - delay * 2
    #expect(audio >= .milliseconds(600) && audio <= .milliseconds(800), "\(audio)")
    #expect(figures.answers.count == 1)
    #expect(figures.audioGaps.percentile(0.5) == .milliseconds(50))
  }

  @Test func everyTurnIsMeasured() throws {
    let turns = (0..<3).flatMap { _ in speech(syllables: 4, rate: 16_000, before: 300, after: 2500) }
    var phone = try Phone(vendor("deepgram.agent"), WAVFile(samples: turns, rate: 16_000))
    phone.run()
    #expect(phone.script.figures.answers.count == 3)
    #expect(phone.script.figures.finalTranscripts.count == 3)
    #expect(phone.finals.count == 3)
    #expect(phone.script.outcome == .completed)
  }

  static func expectSpeech(_ samples: [Int16], rate: Int, syllables: Int = 3) throws {
    var detector = SpeechDetector(rate: rate)
    let events = detector.process(samples) + detector.finish()
    let found = events.count { if case .syllable = $0 { true } else { false } }
    #expect(found >= syllables, "\(found) syllables in \(Double(samples.count) / Double(rate)) s")
  }
}
