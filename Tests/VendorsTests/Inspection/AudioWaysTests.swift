import Configuration
import JSON
import TestSupport
import Testing
@testable import Vendors

/// Audio that may travel in several ways is seen in each of them.
@Suite struct AudioWaysTests {
  static func spelled(_ audio: [UInt8], _ key: String = "realtimeInput", mime: String? = "audio/pcm;rate=16000") -> String {
    let data = Base64.encode(audio).replacing("+", with: "-").replacing("/", with: "_")
    let type = mime.map { "\"\(key == "realtimeInput" ? "mimeType" : "mime_type")\":\"\($0)\"," } ?? ""
    return "{\"\(key)\":{\"audio\":{\(type)\"data\":\"\(data)\"}}}"
  }

  @Test(arguments: ["realtimeInput", "realtime_input"])
  func bothSpellingsOfGemini(key: String) throws {
    var inspection = try Inspection(vendor("gemini.live"))
    var random = SeededGenerator(seed: 21)
    for count in [2, 64, 640, 4096] {
      #expect(inspection.send(Self.spelled(random.bytes(count), key), after: 100) == .pass)
      #expect(inspection.send(Self.spelled(random.bytes(count - 1), key)).rule == .partialSample)
    }
    #expect(inspection.send(Self.spelled([0, 0], key, mime: "audio/ogg")).rule == .formatNotAllowed)
    #expect(inspection.send("{\"\(key)\":{\"audio\":{\"data\":\"AAA*\"}}}").rule == .malformedBase64)
    #expect(inspection.send("{\"\(key)\":{\"audioStreamEnd\":true}}") == .pass)
    #expect(inspection.inspector.audioNanoseconds > Int64(2 + 64 + 640 + 4096) * 31_250)
  }

  @Test func oneMessageInTwoSpellingsCountsTwice() throws {
    var inspection = try Inspection(vendor("gemini.live"))
    let half = Base64.encode(Array(repeating: 0, count: 16_000))
    let audio = "{\"audio\":{\"data\":\"\(half)\"}}"
    #expect(inspection.send("{\"realtimeInput\":\(audio),\"realtime_input\":\(audio)}") == .pass)
    #expect(inspection.inspector.audio == .seconds(1))
  }

  @Test func theRateOfAMessageIsThatOfItsAudio() throws {
    var inspection = try Inspection(vendor("gemini.live"))
    let bytes = Array(repeating: UInt8(1), count: 48_000)
    for (key, rate, seconds) in [("realtimeInput", 24_000, 1.0), ("realtime_input", 48_000, 0.5), ("realtimeInput", 8_000, 3.0)] {
      let before = inspection.inspector.audioNanoseconds
      #expect(inspection.send(Self.spelled(bytes, key, mime: "audio/pcm;rate=\(rate)")) == .pass)
      #expect(Double(inspection.inspector.audioNanoseconds - before) / 1e9 == seconds)
    }
  }

  static func transport(_ direction: String, _ value: String) -> String {
    "{\"type\":\"session.update\",\"session\":{\"audio\":{\"\(direction)\":{\"transport\":\(value)}}}}"
  }

  @Test func binaryMessagesAreAudioWhileTheSessionSaysSo() throws {
    var input = try Inspection(vendor("xai.realtime")), output = try Inspection(vendor("xai.realtime"), .output)
    let second = Array(repeating: UInt8(7), count: 48_000)
    func pass(_ input: inout Inspection, _ output: inout Inspection, _ text: String) {
      #expect(input.send(text) == .pass)
      if let news = input.inspector.takeNews() { output.inspector.take(news) }
    }
    #expect(input.send([1, 2, 3]) == .pass && output.send(second) == .pass)
    #expect(input.inspector.audio == .zero && output.inspector.audio == .zero)
    pass(&input, &output, Self.transport("input", "\"binary\""))
    #expect(input.send([1, 2, 3]).rule == .partialSample)
    #expect(output.send(second) == .pass)
    #expect(output.inspector.audio == .zero)
    pass(&input, &output, Self.transport("output", "\"binary\""))
    pass(&input, &output, #"{"type":"session.update","session":{"voice":"Ara"}}"#)
    #expect(input.send([1, 2, 3]).rule == .partialSample)
    #expect(output.send(second) == .pass)
    #expect(output.inspector.audio == .seconds(1))
    #expect(input.append([1, 2, 3]).rule == .partialSample, "base64 goes on being taken")
    pass(&input, &output, Self.transport("input", "\"json\""))
    pass(&input, &output, Self.transport("output", "null"))
    #expect(input.send([1, 2, 3]) == .pass && output.send(second) == .pass)
    #expect(output.inspector.audio == .seconds(1))
  }

  /// What is told from the scanner's few values is what the built messages tell.
  @Test(arguments: 0..<10)
  func waysOpenAsTheyDoForBuiltMessages(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var inspection = try Inspection(vendor("xai.realtime"))
    var state = CarriageState(try vendor("xai.realtime").audio.clientChoices)
    for step in 0..<60 {
      let values = ["\"binary\"", "\"json\"", "null", "1", "{}", "[\"binary\"]", "\"binary2\""]
      var text = Self.transport(random.next() % 2 == 0 ? "input" : "output", values[Int(random.next() % 7)])
      if random.next() % 4 == 0 { text = #"{"type":"session.update","session":{"audio":null}}"# }
      state.note(try JSONValue.parse(text))
      #expect(inspection.send(text) == .pass)
      let isAudio = inspection.send([1]).rule == .partialSample
      #expect(isAudio == state.takesBinary, "seed \(seed), step \(step): \(text)")
    }
  }

  @Test func channelsOfSpeechmatics() throws {
    var inspection = try Inspection(vendor("speechmatics.realtime"))
    let start = #"{"message":"StartRecognition","audio_format":{"type":"raw","encoding":"pcm_f32le","sample_rate":16000}}"#
    #expect(inspection.send(start) == .pass)
    func channel(_ bytes: [UInt8]) -> String { "{\"message\":\"AddChannelAudio\",\"channel\":\"a\",\"data\":\"\(Base64.encode(bytes))\"}" }
    #expect(inspection.send(Array(repeating: 0, count: 64_000)) == .pass)
    #expect(inspection.send(channel(Array(repeating: 0, count: 64_000)), after: 1000) == .pass)
    #expect(inspection.send(channel([1, 2, 3, 4, 5])).rule == .partialSample)
    #expect(inspection.send(#"{"message":"AddChannelAudio","data":"AAA"}"#).rule == .malformedBase64)
    #expect(inspection.send(#"{"message":"EndOfChannel","data":"AAA"}"#) == .pass)
    #expect(inspection.inspector.audioNanoseconds == 2_000_000_000 + 5 * 1_000_000_000 / 64_000)
  }

  @Test func chunksOfGladia() throws {
    var inspection = try Inspection(vendor("gladia.live"))
    #expect(inspection.send([1, 2, 3]).rule == .partialSample)
    #expect(inspection.send(#"{"type":"audio_chunk","data":{"chunk":"AAAA"}}"#).rule == .partialSample)
    #expect(inspection.send(#"{"type":"audio_chunk","data":{"chunk":"AAA="}}"#) == .pass)
    #expect(inspection.send(#"{"type":"stop_recording","data":{"chunk":"AAAA"}}"#) == .pass)
  }
}
