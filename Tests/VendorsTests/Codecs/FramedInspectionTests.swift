import Configuration
import JSON
import Testing
@testable import Vendors

/// Audio in vendors' own framings, as it passes.
@Suite struct FramedInspectionTests {
  private func inspector(_ name: String, _ direction: AudioDirection = .input) throws -> AudioInspector {
    var route = RouteAudio()
    route.policy = .reject
    return AudioInspector(try AudioPlan(vendor(name), direction, route: route))
  }

  private func pass(
    _ message: JSONValue, _ name: String, _ inspector: inout AudioInspector, cut: Int = .max, damage: Bool = false
  ) throws -> AudioVerdict {
    let entry = try vendor(name)
    let frame = (entry.codec.client.framing ?? .eventStream).close(message, audio: entry.audio.clientChoices + entry.audio.serverChoices)
    var bytes = frame.bytes
    if damage { bytes[bytes.count - 1] ^= 1 }
    inspector.begin(isText: frame.isText)
    #expect(inspector.wantsPayload)
    var rest = bytes[...]
    while !rest.isEmpty {
      inspector.consume(Array(rest.prefix(cut)))
      rest = rest.dropFirst(min(cut, rest.count))
    }
    return inspector.end(now: 0)
  }

  private func event(_ bytes: Int) -> JSONValue {
    ["headers": [":event-type": "AudioEvent"], "payload": .string(Base64.encode([UInt8](repeating: 0, count: bytes)))]
  }

  @Test(arguments: [1, 7, 4096, Int.max])
  func audioIsCountedHoweverItIsCut(cut: Int) throws {
    var inspector = try inspector("aws.transcribe")
    let opened = inspector.open(Query("language-code=en-US&media-encoding=pcm&sample-rate=16000"))
    #expect(opened == .pass)
    for _ in 0..<3 { #expect(try pass(event(3200), "aws.transcribe", &inspector, cut: cut) == .pass) }
    // Another event is no audio, and the end of the stream is none either.
    #expect(try pass(["headers": [":event-type": "ConfigurationEvent"], "payload": "AAAA"], "aws.transcribe", &inspector) == .pass)
    #expect(try pass(event(0), "aws.transcribe", &inspector) == .pass)
    #expect(inspector.audio == .milliseconds(300))
  }

  @Test func rulesOfAudioHold() throws {
    var inspector = try inspector("aws.transcribe")
    _ = inspector.open(Query("language-code=en-US&media-encoding=pcm&sample-rate=16000"))
    guard case .reject(let partial) = try pass(event(3201), "aws.transcribe", &inspector) else {
      Issue.record("half a sample passes")
      return
    }
    #expect(partial.rule == .partialSample)
    guard case .reject(let long) = try pass(event(32_002), "aws.transcribe", &inspector) else {
      Issue.record("more than a second passes")
      return
    }
    #expect(long.rule == .chunkTooLong)
  }

  @Test(arguments: ["aws.transcribe", "volcengine.asr"])
  func whatIsNoFrameIsRejected(name: String) throws {
    var inspector = try inspector(name)
    let message: JSONValue = name == "aws.transcribe" ? event(8) : ["type": "audio_only", "payload": "AAAA"]
    guard case .reject(let violation) = try pass(message, name, &inspector, damage: true) else {
      Issue.record("it passes")
      return
    }
    #expect(violation.rule == .malformedFrame && violation.rule.closeCode == 1007)
    #expect(violation.closeReason == "audio rejected: malformed_frame")
    // The next one is looked at for itself.
    #expect(try pass(message, name, &inspector) == .pass || name == "volcengine.asr")
  }

  @Test func aFormatDeclaredInAPackedMessage() throws {
    var inspector = try inspector("volcengine.asr")
    let request: JSONValue = ["type": "full_client_request", "payload": ["audio": ["format": "pcm", "rate": 16_000, "channel": 1]]]
    #expect(try pass(request, "volcengine.asr", &inspector) == .pass)
    #expect(inspector.format == AudioFormat(encoding: .pcmS16LE, rate: 16_000))
    let audio = JSONValue.string(Base64.encode([UInt8](repeating: 0, count: 6400)))
    #expect(try pass(["type": "audio_only", "payload": audio], "volcengine.asr", &inspector) == .pass)
    #expect(inspector.audio == .milliseconds(200))
    let other: JSONValue = ["type": "full_client_request", "payload": ["audio": ["format": "pcm", "rate": 8000]]]
    guard case .reject(let violation) = try pass(other, "volcengine.asr", &inspector) else {
      Issue.record("8 kHz pass")
      return
    }
    #expect(violation.rule == .formatNotAllowed)
  }

  @Test func aRIFFHeaderInTheFirstAudio() throws {
    var inspector = try inspector("azure.speech")
    let samples = pcm(speech(syllables: 1, rate: 16_000, before: 0, after: 0))
    let wav = try #require(WAVFile(format: AudioFormat(encoding: .pcmS16LE, rate: 16_000), audio: samples).bytes)
    let headers: JSONValue = ["path": "audio", "x-requestid": "1"]
    #expect(try pass(["headers": ["path": "speech.config"], "body": [:]], "azure.speech", &inspector) == .pass)
    #expect(try pass(["headers": headers, "body": .string(Base64.encode(wav))], "azure.speech", &inspector) == .pass)
    #expect(inspector.format == AudioFormat(encoding: .pcmS16LE, rate: 16_000))
    #expect(inspector.audioNanoseconds == Int64(samples.count) * 31_250)
    var raw = try self.inspector("azure.speech")
    guard case .reject(let violation) = try pass(["headers": headers, "body": .string(Base64.encode(samples))], "azure.speech", &raw) else {
      Issue.record("raw audio passes")
      return
    }
    #expect(violation.rule == .missingContainer)
  }

  /// The client names the format of the vendor's audio.
  @Test func audioOfTheVendor() throws {
    var input = try inspector("fish.tts"), output = try inspector("fish.tts", .output)
    #expect(try pass(["event": "start", "request": ["text": "", "format": "pcm", "sample_rate": 24_000]], "fish.tts", &input) == .pass)
    let news = input.takeNews()
    output.take(try #require(news))
    let audio = JSONValue.string(Base64.encode([UInt8](repeating: 1, count: 4800)))
    #expect(try pass(["event": "audio", "audio": audio], "fish.tts", &output) == .pass)
    #expect(try pass(["event": "finish", "reason": "stop"], "fish.tts", &output) == .pass)
    #expect(output.audio == .milliseconds(100))
  }

  @Test func whatIsTooLargeIsSaid() throws {
    var inspector = try inspector("aws.transcribe")
    inspector.begin(isText: false)
    for _ in 0..<20 { inspector.consume([UInt8](repeating: 0, count: 100_000)) }
    guard case .reject(let violation) = inspector.end(now: 0) else {
      Issue.record("it passes")
      return
    }
    #expect(violation.found == "a message of 1048577 bytes, which is too large")
  }
}
