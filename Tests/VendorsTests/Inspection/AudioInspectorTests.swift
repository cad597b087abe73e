import Configuration
import JSON
import TestSupport
import Testing
@testable import Vendors

@Suite struct AudioInspectorTests {
  static let listen = "encoding=linear16&sample_rate=16000"

  @Test(arguments: [(640, nil), (641, .partialSample), (1, .partialSample), (0, nil)] as [(Int, AudioRule?)])
  func binarySamplesAreWhole(count: Int, rule: AudioRule?) throws {
    var inspection = try Inspection(vendor("deepgram.listen"))
    #expect(inspection.inspector.open(Query(Self.listen)) == .pass)
    #expect(inspection.send(Array(repeating: 7, count: count)).rule == rule)
  }

  static let queries: [(String, AudioRule?, AudioFormat?)] = [
    (listen, nil, AudioFormat(encoding: .pcmS16LE, rate: 16_000)),
    ("encoding=mulaw&sample_rate=8000&channels=2", nil, AudioFormat(encoding: .mulaw, rate: 8000, channels: 2)),
    ("encoding=pcm&sample_rate=16000", .formatNotAllowed, nil), ("encoding=linear16", .formatNotAllowed, nil),
    ("encoding=linear16&sample_rate=x", .formatNotAllowed, nil), ("encoding=amr-nb&sample_rate=16000", .formatNotAllowed, nil),
    ("encoding=linear16&sample_rate=16000&channels=0", .formatNotAllowed, nil),
    ("model=nova-3", nil, AudioFormat(encoding: .container, rate: 0)),
  ]

  @Test(arguments: queries)
  func theQueryDeclares(query: String, rule: AudioRule?, format: AudioFormat?) throws {
    var inspection = try Inspection(vendor("deepgram.listen"))
    let verdict = inspection.inspector.open(Query(query))
    #expect(verdict.rule == rule)
    #expect(inspection.inspector.format == format)
  }

  @Test func aViolationSaysWhatWasFoundAndExpected() throws {
    var inspection = try Inspection(vendor("deepgram.listen"))
    guard case .reject(let format) = inspection.inspector.open(Query("encoding=pcm16&sample_rate=16000")) else {
      Issue.record("pcm16 is accepted")
      return
    }
    #expect(format.description.hasPrefix("format_not_allowed: found 'pcm16' for 'encoding'; expected one of alaw, amr-nb"))
    #expect(format.rule.closeCode == 1008)
    #expect(inspection.inspector.open(Query(Self.listen)) == .pass)
    guard case .reject(let partial) = inspection.send([1, 2, 3]) else {
      Issue.record("three bytes are accepted")
      return
    }
    #expect(partial.found == "3 bytes of audio in one message")
    #expect(partial.expected == "a multiple of 2, as for pcm_s16le at 16000 Hz, 1 channel")
    #expect(partial.rule.closeCode == 1007)
    #expect(partial.closeReason == "audio rejected: partial_sample")
    #expect(partial.event["type"] == "error")
    #expect(partial.event.at("error.rule") == "partial_sample")
    #expect(partial.event.at("error.found") == .string(partial.found))
  }

  static let base64: [(String, AudioRule?)] = [
    (#"{"type":"input_audio_buffer.append","audio":"AAAA/+8="}"#, .partialSample),
    (#"{"type":"input_audio_buffer.append","audio":"AAAA/+//"}"#, nil),
    (#"{"type":"input_audio_buffer.append","audio":"AAAA\/\u002b8="}"#, .partialSample),
    (#"{"type":"input_audio_buffer.append","audio":"\/\u002b8="}"#, nil),
    (#"{"type":"input_audio_buffer.append","audio":"AAAA/+8"}"#, .malformedBase64),
    (#"{"type":"input_audio_buffer.append","audio":"AAAA_-8="}"#, .malformedBase64),
    (#"{"audio":"AAA\n","type":"input_audio_buffer.append"}"#, .malformedBase64),
    (#"{"audio":[0,0],"type":"input_audio_buffer.append"}"#, .malformedBase64), (#"{"type":"input_audio_buffer.append","audio":""}"#, nil),
    (#"{"type":"input_audio_buffer.append","audio":"AA==\u0041\u0041\u0041\u0041"}"#, .malformedBase64),
    (#"{"type":"input_audio_buffer.append","audio":null}"#, nil), (#"{"type":"input_audio_buffer.append"}"#, nil),
    (#"{"type":"conversation.item.create","audio":"not base64"}"#, nil),
    (#"{"type":"input_audio_buffer.append","audio":"AAAA}"#, .malformedJSON),
    (#"{"type":"input_audio_buffer.append","audio":"AAA="}{}"#, .malformedJSON),
    ("hello", .malformedJSON), ("", nil), (" \n", nil), ("[]", nil),
    (#"{"type":"input_audio_buffer.append","audio":"!","audio":"AAA="}"#, nil),
    (#"{"type":"input_audio_buffer.append","audio":"AAA=","audio":"!"}"#, .malformedBase64),
    (#"{"\u0074ype":"input_audio_buffer\u002eappend","aud\u0069o":"!"}"#, .malformedBase64),
    (#"{"type":"session.update","type":"input_audio_buffer.append","audio":"!"}"#, .malformedBase64),
    (#"{"type":"input_audio_buffer.append","type":"session.update","audio":"!"}"#, nil),
  ]

  @Test(arguments: base64)
  func base64IsFoundAndJudged(text: String, rule: AudioRule?) throws {
    var inspection = try Inspection(vendor("openai.realtime"))
    #expect(inspection.send(text).rule == rule)
  }

  @Test func messagesChangeTheFormat() throws {
    var inspection = try Inspection(vendor("openai.realtime"))
    #expect(inspection.inspector.format == AudioFormat(encoding: .pcmS16LE, rate: 24_000))
    #expect(inspection.append([1, 2, 3]).rule == .partialSample)
    #expect(inspection.send(#"{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}}}}}"#) == .pass)
    #expect(inspection.inspector.format == AudioFormat(encoding: .mulaw, rate: 8000))
    #expect(inspection.append([1, 2, 3]) == .pass)
    #expect(inspection.send(#"{"type":"session.update","session":{"instructions":"Speak."}}"#) == .pass)
    #expect(inspection.inspector.format == AudioFormat(encoding: .mulaw, rate: 8000))
    #expect(inspection.inspector.takeNews() == nil)
    let output = #"{"type":"session.update","session":{"audio":{"output":{"format":{"type":"audio/pcma"}}}}}"#
    #expect(inspection.send(output) == .pass)
    #expect(inspection.inspector.takeNews()?.format == AudioFormat(encoding: .alaw, rate: 8000))
    #expect(inspection.inspector.takeNews() == nil)
    let wrong = inspection.send(#"{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcm","rate":16000}}}}}"#)
    guard case .reject(let violation) = wrong else {
      Issue.record("16000 Hz are accepted")
      return
    }
    #expect(violation.rule == .formatNotAllowed)
    #expect(violation.found == "16000 for 'session.audio.input.format.rate'")
  }

  @Test func everyMessageMayDeclare() throws {
    var inspection = try Inspection(
      yaml: """
          codec: {client: json_text, server: json_text}
          audio:
            client: {match: {chunk: {exists: true}}, path: chunk}
            format: {per_message: {input: {encoding: mime, rate: rate}}}
            allowed: {input: {audio/l16: {codec: pcm_s16be}, audio/basic: {codec: mulaw, rates: [8000]}}}
        """)
    #expect(inspection.inspector.format == nil)
    #expect(inspection.send(#"{"chunk":"AA=="}"#) == .pass, "nothing is known of it")
    #expect(inspection.send(#"{"chunk":"AA==","mime":"audio/l16","rate":16000}"#).rule == .partialSample)
    #expect(inspection.send(#"{"chunk":"AAA=","mime":"audio/l16","rate":16000}"#) == .pass)
    #expect(inspection.send(#"{"chunk":"AA==","mime":"audio/basic"}"#) == .pass)
    #expect(inspection.send(#"{"chunk":"AA==","mime":"audio/x"}"#).rule == .formatNotAllowed)
    #expect(inspection.send(#"{"chunk":"AA==","mime":"audio/l16","rate":16000}"#).rule == .partialSample)
    #expect(inspection.inspector.audio == .nanoseconds(3 * 31_250 + 2 * 125_000 + 31_250))
  }

  static let limits = """
      codec: {client: binary_audio, server: json_text}
      audio:
        client: binary
        format: {defaults: {input: {encoding: pcm, rate: 16000}}}
        allowed: {input: {pcm: {codec: pcm_s16le}}}
        limits: {min_chunk: 50ms, max_chunk: 1s, max_chunk_bytes: 40KiB}
    """

  static let chunks: [(Int, AudioRule?, String)] = [
    (1600, nil, ""), (1598, .chunkTooShort, "49.937 ms of audio in one message"), (32_000, nil, ""), (0, nil, ""),
    (32_002, .chunkTooLong, "1000.062 ms of audio in one message"), (32_320, .chunkTooLong, "1010 ms of audio in one message"),
    (40_962, .chunkTooLarge, "40962 bytes of audio in one message"),
  ]

  @Test(arguments: chunks)
  func piecesHaveTheVendorsLength(bytes: Int, rule: AudioRule?, found: String) throws {
    var inspection = try Inspection(yaml: Self.limits)
    let verdict = inspection.send(Array(repeating: 7, count: bytes))
    #expect(verdict.rule == rule)
    if case .reject(let violation) = verdict { #expect(violation.found == found) }
  }

  @Test func paceIsMeasuredOverTheWindow() throws {
    var inspection = try Inspection(vendor("deepgram.listen"), factor: 2)
    #expect(inspection.inspector.open(Query(Self.listen)) == .pass)
    // The vendor's 1.25 is stricter: 1.25 times eleven seconds at once, and no more.
    for index in 0..<27 { #expect(inspection.send(Array(repeating: 7, count: 16_000)) == .pass, "half second \(index)") }
    #expect(inspection.send(Array(repeating: 7, count: 8000)) == .pass)
    guard case .reject(let violation) = inspection.send(Array(repeating: 7, count: 640)) else {
      Issue.record("13.77 seconds at once are accepted")
      return
    }
    #expect(violation.rule == .tooFast)
    #expect(violation.found == "13770 ms of audio within 10000 ms")
    #expect(violation.expected == "at most 13750 ms, which is 1.25 times real time and a second more")
    #expect(inspection.send(Array(repeating: 7, count: 640), after: 10_500) == .pass)
    #expect(inspection.inspector.audio == .milliseconds(13_790))
  }

  @Test func warningsAreGivenOnceAndCounted() throws {
    var inspection = try Inspection(vendor("deepgram.listen"), .input, .warn)
    _ = inspection.inspector.open(Query(Self.listen))
    guard case .warn(let violation) = inspection.send([1]) else {
      Issue.record("half a sample passes unnoticed")
      return
    }
    #expect(violation.rule == .partialSample)
    #expect(inspection.send([1]) == .pass)
    #expect(inspection.inspector.violations == 2)
  }

  @Test func withoutAPolicyAudioIsOnlyCounted() throws {
    var inspection = try Inspection(vendor("openai.realtime"), .input, .off)
    #expect(inspection.append(Array(repeating: 7, count: 48_001)) == .pass)
    #expect(inspection.send("{") == .pass)
    #expect(inspection.inspector.violations == 0)
    #expect(inspection.inspector.audio == .nanoseconds(1_000_020_833))
  }

  @Test func theVendorsAudioIsCounted() throws {
    var inspection = try Inspection(vendor("openai.realtime"), .output)
    let delta = Base64.encode(Array(repeating: 7, count: 24_000))
    #expect(inspection.send("{\"type\":\"response.output_audio.delta\",\"delta\":\"\(delta)\"}") == .pass)
    #expect(inspection.send("{\"type\":\"response.output_audio_transcript.delta\",\"delta\":\"\(delta)\"}") == .pass)
    #expect(inspection.inspector.audio == .milliseconds(500))
    inspection.inspector.use(AudioFormat(encoding: .alaw, rate: 8000))
    #expect(inspection.send("{\"type\":\"response.output_audio.delta\",\"delta\":\"\(delta)\"}") == .pass)
    #expect(inspection.inspector.audio == .milliseconds(3500))
  }

  @Test func binaryJSONIsReadWhereTheVendorSendsIt() throws {
    let yaml = """
        codec: {client: json_any_opcode, server: json_any_opcode}
        audio:
          client: {match: {realtimeInput: {exists: true}}, path: realtimeInput.audio.data}
          server: {match: {serverContent: {exists: true}}, path: "serverContent.modelTurn.parts[*].inlineData.data"}
          format: {defaults: {input: {encoding: pcm_s16le, rate: 16000}, output: {encoding: pcm_s16le, rate: 24000}}}
      """
    var input = try Inspection(yaml: yaml)
    for isText in [true, false] {
      #expect(input.send(Array(#"{"realtimeInput":{"audio":{"data":"AAAA"}}}"#.utf8), isText: isText).rule == .partialSample)
    }
    var output = try Inspection(yaml: yaml, .output)
    let half = Base64.encode(Array(repeating: 0, count: 12_000))
    let part = "{\"inlineData\":{\"mimeType\":\"audio/pcm\",\"data\":\"\(half)\"}}"
    #expect(output.send(Array("{\"serverContent\":{\"modelTurn\":{\"parts\":[\(part),{\"text\":\"x\"},\(part)]}}}".utf8)) == .pass)
    #expect(output.inspector.audio == .milliseconds(500))
  }

  @Test func framesOfAnUnknownFramingAreLeftAlone() throws {
    var inspection = try Inspection(
      yaml: """
          codec: {client: protobuf, server: protobuf}
          audio: {client: binary, format: {defaults: {input: {encoding: pcm_s16le, rate: 16000}}}}
        """)
    #expect(inspection.send([1, 2, 3]) == .pass)
    #expect(inspection.send("{") == .pass)
    #expect(inspection.inspector.audio == .zero)
  }

  @Test func plainTextIsNotReadAsJSON() throws {
    var inspection = try Inspection(.plain(speaking: AudioFormat(encoding: .pcmS16LE, rate: 16_000)))
    #expect(inspection.send("<EOS>") == .pass)
    #expect(inspection.send([1, 2, 3]).rule == .partialSample)
  }

  /// Streams that are right, however they are cut: not one false alarm.
  @Test(arguments: 0..<8)
  func validStreamsPass(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var binary = try Inspection(vendor("deepgram.listen")), json = try Inspection(vendor("openai.realtime"))
    binary.random = random
    json.random = random
    #expect(binary.inspector.open(Query(Self.listen)) == .pass)
    var bytes = 0
    for index in 0..<200 {
      let count = 2 * Int.random(in: 0...700, using: &random)
      // Noise of every loudness, down to the soft sounds that look like MPEG frames.
      let loudness = Int16([1, 2, 300, 32_000].randomElement(using: &random) ?? 1)
      let audio = pcm((0..<(count / 2)).map { _ in Int16.random(in: -loudness...loudness, using: &random) })
      bytes += count
      let pause = Int64(count / 32)
      #expect(binary.send(audio, after: pause) == .pass, "seed \(seed) message \(index)")
      #expect(json.append(audio, after: pause) == .pass, "seed \(seed) message \(index)")
      if index % 20 == 0 {
        #expect(binary.send(#"{"type":"KeepAlive"}"#) == .pass)
        let update = #"{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcm","rate":24000}}}}}"#
        #expect(json.send(update) == .pass)
      }
    }
    let difference = binary.inspector.audioNanoseconds - Int64(bytes) * 31_250
    #expect(difference == 0, "seed \(seed)")
    #expect(binary.inspector.violations == 0)
  }
}
