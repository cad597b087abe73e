import Configuration
import JSON
import TestSupport
import Testing
@testable import Vendors

/// The rules on real files: what is right passes, what is broken is named.
@Suite struct RealAudioTests {
  /// A way to write audio, and the name that Soniox has for it.
  struct Form: Sendable, CustomTestStringConvertible {
    var name: String
    var options: String
    var testDescription: String { name }

    init(_ name: String, _ options: String? = nil) {
      self.name = name
      self.options = options ?? "-f \(name.dropFirst(4))"
    }
  }

  static let raw: [Form] =
    ["s8", "u8", "s16le", "s16be", "u16le", "u16be", "s24le", "s24be", "s32le", "s32be", "u32le", "u32be", "f32le", "f32be"].map {
      Form("pcm_\($0)")
    } + [Form("mulaw", "-f mulaw"), Form("alaw", "-f alaw")]

  static let containers: [Form] = [
    Form("wav", "-f wav -c:a pcm_s16le"), Form("wav", "-f wav -c:a pcm_mulaw"), Form("wav", "-f wav -c:a pcm_f32le"),
    Form("ogg", "-f ogg -c:a libopus -b:a 24k"), Form("ogg", "-f ogg -c:a flac"), Form("webm", "-f webm -c:a libopus -b:a 24k"),
    Form("flac", "-f flac"), Form("mp3", "-f mp3 -b:a 64k"), Form("mp3", "-f mp3 -b:a 64k -id3v2_version 0 -write_xing 0"),
    Form("aac", "-f adts -c:a aac"), Form("aiff", "-f aiff"), Form("asf", "-f asf -c:a wmav2"),
  ]

  private static func config(_ form: String, rate: Int = 16_000) -> String {
    "{\"model\":\"m\",\"audio_format\":\"\(form)\",\"sample_rate\":\(rate),\"num_channels\":1}"
  }

  /// Sends a stream in pieces of any length that has whole frames.
  private func stream(
    _ bytes: [UInt8], frame: Int, _ inspection: inout Inspection, _ random: inout SeededGenerator, milliseconds: Int64 = 60
  ) -> [AudioRule] {
    var rest = bytes[...]
    var rules: [AudioRule] = []
    while !rest.isEmpty {
      let count = min(rest.count, frame * Int.random(in: 1...1600, using: &random))
      if let rule = inspection.send(Array(rest.prefix(count)), after: milliseconds).rule { rules.append(rule) }
      rest = rest.dropFirst(count)
    }
    return rules
  }

  @Test(arguments: raw)
  func rawAudioIsSamples(form: Form) throws {
    let audio = try RealAudio.shared.get()
    let bytes = try audio.bytes(form.options)
    let format = try #require(vendor("soniox.stt").audio.allowed.input[form.name]).codec
    let frame = try #require(format.bytesPerSample)
    var random = SeededGenerator(seed: 31)
    // Right.
    var inspection = try Inspection(vendor("soniox.stt"))
    #expect(inspection.send(Self.config(form.name)) == .pass)
    #expect(stream(bytes, frame: frame, &inspection, &random) == [])
    #expect(inspection.inspector.audioNanoseconds / 1_000_000 == Int64(bytes.count / frame / 16), "\(bytes.count)")
    // Cut in the middle of a sample.
    if frame > 1 { #expect(inspection.send(Array(bytes.prefix(100 * frame - 1))).rule == .partialSample) }
    // Declared as a container.
    var declared = try Inspection(vendor("soniox.stt"))
    #expect(declared.send(Self.config("auto")) == .pass)
    #expect(declared.send(bytes).rule == .missingContainer)
  }

  @Test func halvesOfFloats() throws {
    let bytes = try RealAudio.shared.get().bytes(as: .pcmF16LE)
    var random = SeededGenerator(seed: 32)
    var inspection = try Inspection(vendor("cartesia.stt"))
    #expect(inspection.inspector.open(Query("model=m&encoding=pcm_f16le&sample_rate=16000")) == .pass)
    #expect(stream(bytes, frame: 2, &inspection, &random) == [])
    #expect(inspection.send(Array(bytes.prefix(99))).rule == .partialSample)
  }

  @Test(arguments: containers)
  func containersBeginAsTheyShould(form: Form) throws {
    let bytes = try RealAudio.shared.get().bytes(form.options, rate: form.options.contains("opus") ? 48_000 : 16_000)
    var random = SeededGenerator(seed: 33)
    for name in [form.name, "auto"] {
      var inspection = try Inspection(vendor("soniox.stt"))
      #expect(inspection.send(Self.config(name)) == .pass)
      #expect(stream(bytes, frame: 1, &inspection, &random) == [], "declared as \(name)")
      if form.name == "wav" { #expect(inspection.inspector.format?.encoding.isRaw == true && inspection.inspector.audio > .seconds(50)) }
    }
    // Sent where samples are declared: bytes that may be two soft samples are not held against it.
    let hasSignature = !["aac", "aiff", "asf"].contains(form.name) && !form.options.contains("id3v2_version 0")
    var raw = try Inspection(vendor("soniox.stt"), .input, .warn)
    #expect(raw.send(Self.config("pcm_u8")) == .pass)
    #expect(stream(bytes, frame: 1, &raw, &random) == (hasSignature ? [.unexpectedContainer] : []))
    // Its start is missing.
    var late = try Inspection(vendor("soniox.stt"))
    #expect(late.send(Self.config("auto")) == .pass)
    let silent = Array(repeating: UInt8(0), count: 64) + bytes.dropFirst(64)
    #expect(late.send(silent).rule == .missingContainer)
  }

  @Test(arguments: [("ogg-opus", "webm"), ("flac", "wav"), ("ogg-opus", "flac"), ("flac", "webm")])
  func oneContainerForAnother(declared: String, sent: String) throws {
    let form = try #require(Self.containers.first { $0.name == sent })
    let bytes = try RealAudio.shared.get().bytes(form.options, rate: 48_000)
    var inspection = try Inspection(vendor("deepgram.listen"))
    #expect(inspection.inspector.open(Query("encoding=\(declared)&sample_rate=48000")) == .pass)
    #expect(inspection.send(bytes).rule == .missingContainer)
  }

  @Test func base64OfRealAudio() throws {
    let bytes = try RealAudio.shared.get().bytes("-f s16le", rate: 24_000)
    var inspection = try Inspection(vendor("openai.realtime"))
    var rest = bytes[...]
    var random = SeededGenerator(seed: 34)
    while !rest.isEmpty {
      let piece = Array(rest.prefix(2 * Int.random(in: 1...6000, using: &random)))
      #expect(inspection.append(piece, after: 250) == .pass)
      rest = rest.dropFirst(piece.count)
    }
    let text = Base64.encode(Array(bytes[4000..<8801]))
    func message(_ text: String) -> String { "{\"type\":\"input_audio_buffer.append\",\"audio\":\"\(text)\"}" }
    #expect(inspection.send(message(text)).rule == .partialSample)
    #expect(inspection.send(message(String(text.dropLast(2)))).rule == .malformedBase64)
    #expect(inspection.send(message(text.replacing("A", with: "*", maxReplacements: 1))).rule == .malformedBase64)
    #expect(inspection.send(message(String(text.dropLast(3)) + "\\n==")).rule == .malformedBase64)
    #expect(inspection.send(String(message(text).dropLast(2))).rule == .malformedJSON)
    #expect(inspection.send(message(text) + "}").rule == .malformedJSON)
  }

  @Test func formatsThatAreNotTaken() throws {
    let bytes = try RealAudio.shared.get().bytes("-f s16le", rate: 11_025)
    for (query, rule) in [
      ("encoding=linear16&sample_rate=11025", nil), ("encoding=linear24&sample_rate=11025", AudioRule.formatNotAllowed),
      ("encoding=linear16&sample_rate=11025&channels=0", .formatNotAllowed), ("encoding=linear16", .formatNotAllowed),
    ] {
      var inspection = try Inspection(vendor("deepgram.listen"))
      #expect(inspection.inspector.open(Query(query)).rule == rule, "\(query)")
      if rule == nil { #expect(inspection.send(Array(bytes.prefix(2205))).rule == .partialSample) }
    }
  }

  @Test func piecesOfTheVendorsLength() throws {
    let bytes = try RealAudio.shared.get().bytes("-f s16le")
    for (milliseconds, rule) in [(49, AudioRule.chunkTooShort), (50, nil), (1000, nil), (1001, .chunkTooLong)] {
      var inspection = try Inspection(vendor("assemblyai.streaming"))
      #expect(inspection.inspector.open(Query("sample_rate=16000&encoding=pcm_s16le")) == .pass)
      #expect(inspection.send(Array(bytes.prefix(32 * milliseconds))).rule == rule, "\(milliseconds) ms")
    }
    var large = try Inspection(yaml: AudioInspectorTests.limits)
    #expect(large.send(Array(bytes.prefix(40_962))).rule == .chunkTooLarge)
  }

  @Test func aRecordingAtOnceIsTooFast() throws {
    let bytes = try RealAudio.shared.get().bytes("-f mulaw", rate: 8000)
    for (pause, rules) in [(Int64(100), []), (20, [AudioRule.tooFast])] {
      var inspection = try Inspection(vendor("deepgram.listen"), .input, .warn, factor: 1.25)
      #expect(inspection.inspector.open(Query("encoding=mulaw&sample_rate=8000")) == .pass)
      var rest = bytes[...]
      var found: [AudioRule] = []
      while !rest.isEmpty {
        if let rule = inspection.send(Array(rest.prefix(800)), after: pause).rule { found.append(rule) }
        rest = rest.dropFirst(800)
      }
      #expect(found == rules, "100 ms every \(pause) ms")
    }
  }

  // MARK: an hour

  /// An hour of each encoding at twenty times its pace, by a clock of its own, raises nothing.
  @Test(arguments: raw + containers)
  func anHourIsQuiet(form: Form) throws {
    let isContainer = Self.containers.contains { $0.options == form.options }
    let bytes = try RealAudio.shared.get().bytes(form.options, rate: form.options.contains("opus") ? 48_000 : 16_000)
    var route = RouteAudio()
    route.policy = .reject
    route.maxRealtimeFactor = 20
    let plan = try AudioPlan(vendor("soniox.stt"), .input, route: route)
    let frame = isContainer ? 1 : try #require(plan.rules.allowed.input[form.name]?.codec.bytesPerSample)
    var inspector = AudioInspector(plan)
    var now: Int64 = 0
    var random = SeededGenerator(seed: 35)
    func open() {
      inspector.begin(isText: true)
      inspector.consume(Array(Self.config(form.name).utf8))
      #expect(inspector.end(now: now) == .pass)
    }
    open()
    // Twenty milliseconds of audio for each millisecond, and what is one message elsewhere is two here.
    let perMillisecond = isContainer ? max(1, bytes.count / 3000) : 320 * frame
    var sent = 0
    var alarms: [AudioVerdict] = []
    // Of a minute or more.
    for _ in 0..<60 {
      // A container starts anew with every file, in a session of its own.
      if isContainer {
        inspector = AudioInspector(plan)
        open()
      }
      unsafe bytes.withUnsafeBytes { all in
        var at = 0
        while at < all.count {
          let milliseconds = Int.random(in: 1...50, using: &random)
          let count = min(all.count - at, milliseconds * perMillisecond)
          now += Int64(milliseconds)
          inspector.begin(isText: false)
          if inspector.wantsPayload {
            let cut = Int.random(in: 0...count, using: &random)
            unsafe inspector.consume(UnsafeRawBufferPointer(rebasing: all[at..<(at + cut)]))
            unsafe inspector.consume(UnsafeRawBufferPointer(rebasing: all[(at + cut)..<(at + count)]))
          } else {
            inspector.skip(count)
          }
          let verdict = inspector.end(now: now)
          if verdict != .pass { alarms.append(verdict) }
          at += count
          sent += count
        }
      }
    }
    #expect(alarms == [])
    if !isContainer { #expect(sent / frame >= 3600 * 16_000, "\(sent)") }
  }

  /// The same in base64: mu-law, of which an hour is read soonest.
  @Test func anHourOfMessagesIsQuiet() throws {
    let bytes = try RealAudio.shared.get().bytes("-f mulaw", rate: 8000)
    var route = RouteAudio()
    route.policy = .reject
    route.maxRealtimeFactor = 20
    var inspector = AudioInspector(try AudioPlan(vendor("openai.realtime"), .input, route: route))
    // A minute of messages, made once.
    var random = SeededGenerator(seed: 36)
    var messages: [(text: [UInt8], milliseconds: Int64)] = []
    var at = 0
    while at < bytes.count {
      let milliseconds = Int.random(in: 1...50, using: &random)
      let audio = Array(bytes[at..<min(bytes.count, at + milliseconds * 20 * 8)])
      let text = "{\"type\":\"input_audio_buffer.append\",\"audio\":\"\(Base64.encode(audio))\"}"
      messages.append((Array(text.utf8), Int64(milliseconds)))
      at += audio.count
    }
    let update = #"{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}}}}}"#
    messages.insert((Array(update.utf8), 0), at: 0)
    var now: Int64 = 0
    var alarms: [AudioVerdict] = []
    for _ in 0..<60 {
      for message in messages {
        now += message.milliseconds
        inspector.begin(isText: true)
        inspector.consume(message.text)
        let verdict = inspector.end(now: now)
        if verdict != .pass { alarms.append(verdict) }
      }
    }
    #expect(alarms == [])
    #expect(inspector.audio >= .seconds(3600))
  }

  /// Base64 for URLs in both spellings, and binary messages once a session has asked for them.
  @Test func otherWaysAreQuiet() throws {
    let bytes = try RealAudio.shared.get().bytes("-f s16le", rate: 24_000)
    var random = SeededGenerator(seed: 37)
    var gemini = try Inspection(vendor("gemini.live"), factor: 1), xai = try Inspection(vendor("xai.realtime"), factor: 1)
    #expect(xai.send(AudioWaysTests.transport("input", "\"binary\"")) == .pass)
    var at = 0
    while at < bytes.count {
      let milliseconds = Int.random(in: 1...200, using: &random)
      let piece = Array(bytes[at..<min(bytes.count, at + milliseconds * 48)])
      let key = milliseconds % 2 == 0 ? "realtimeInput" : "realtime_input"
      #expect(gemini.send(AudioWaysTests.spelled(piece, key, mime: "audio/pcm;rate=24000"), after: Int64(milliseconds)) == .pass)
      #expect(xai.send(piece, after: Int64(milliseconds)) == .pass)
      at += piece.count
    }
    #expect(gemini.inspector.audio >= .seconds(60) && xai.inspector.audio >= .seconds(60))
  }
}
