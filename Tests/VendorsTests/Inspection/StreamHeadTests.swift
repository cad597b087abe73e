import JSON
import Testing
@testable import Vendors

@Suite struct StreamHeadTests {
  /// The start of a real file's bytes, and what they are.
  struct Head: CustomTestStringConvertible {
    var query: String
    var bytes: [UInt8]
    var rule: AudioRule?

    /// A beginning, and something after it.
    init(_ query: String, _ start: [UInt8], _ rule: AudioRule? = nil, filler: UInt8 = 0) {
      self.query = query
      bytes = start + Array(repeating: filler, count: 20)
      self.rule = rule
    }

    var testDescription: String { "\(query): \(bytes.prefix(12))" }
  }

  static let listen = "encoding=linear16&sample_rate=16000"
  static let ogg = Array("OggS".utf8), webm: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3]

  static let heads: [Head] = [
    Head("model=nova-3", wav()), Head("model=nova-3", ogg + [0, 2]), Head("model=nova-3", webm, filler: 1),
    Head("model=nova-3", [0xFF, 0xF1, 0x50, 0x80], filler: 1), Head("model=nova-3", Array("FORM....AIFF".utf8)),
    Head("model=nova-3", [0xFF, 0xFB, 0x90, 0x64], filler: 1), Head("model=nova-3", [1, 0, 2, 0, 3, 0], .missingContainer),
    Head("encoding=ogg-opus&sample_rate=48000", ogg), Head("encoding=ogg-opus&sample_rate=48000", webm, .missingContainer, filler: 1),
    Head("encoding=flac&sample_rate=48000", Array("fLaC".utf8)), Head("encoding=flac&sample_rate=48000", [1, 2], .missingContainer),
    Head("encoding=opus&sample_rate=48000", ogg), Head(listen, wav(), .unexpectedContainer), Head(listen, ogg, .unexpectedContainer),
    Head(listen, Array("fLaC".utf8), .unexpectedContainer), Head(listen, Array("ID3".utf8) + [4, 0, 0, 0, 0, 2, 1], .unexpectedContainer),
    // Silence, and soft sounds that begin as an MPEG frame does.
    Head(listen, []), Head(listen, [0xFF, 0xFF], filler: 0xFF), Head(listen, [0xFF, 0xFF, 0, 0], filler: 1),
    Head(listen, [0xFF, 0xFB, 0x90, 0x64], filler: 1), Head("encoding=mulaw&sample_rate=8000", [0xFF, 0xFF, 0x7F], filler: 0xFF),
  ]

  static func wav(rate: Int = 16_000, milliseconds: Int = 200) -> [UInt8] {
    let samples = SyntheticSpeech.silence(milliseconds: milliseconds, rate: rate)
    return WAVFile(samples: samples, rate: rate).bytes ?? []
  }

  @Test(arguments: heads)
  func theFirstBytesAreWhatWasDeclared(head: Head) throws {
    for cut in [2, 4, 10, head.bytes.count] {
      var inspection = try Inspection(vendor("deepgram.listen"))
      #expect(inspection.inspector.open(Query(head.query)) == .pass)
      var rest = head.bytes[...]
      var rules: [AudioRule] = []
      while !rest.isEmpty {
        if let rule = inspection.send(Array(rest.prefix(cut)), after: 20).rule { rules.append(rule) }
        rest = rest.dropFirst(cut)
      }
      #expect(rules == (head.rule.map { [$0] } ?? []), "cut every \(cut) bytes")
    }
  }

  @Test func theFirstBytesOfBase64AreJudgedToo() throws {
    for cut in [3, 8, 44, 600] {
      var inspection = try Inspection(vendor("openai.realtime"), .input, .warn)
      var rest = Self.wav()[...]
      var rules: [AudioRule] = []
      while !rest.isEmpty {
        if let rule = inspection.append(Array(rest.prefix(cut))).rule { rules.append(rule) }
        rest = rest.dropFirst(cut)
      }
      #expect(rules == (cut == 3 ? [.partialSample, .unexpectedContainer] : [.unexpectedContainer]), "cut every \(cut) bytes")
    }
  }

  /// What begins as a container does only matters at the beginning, which declaring the same format again is not.
  @Test func theMiddleOfAStreamMayHoldAnything() throws {
    var inspection = try Inspection(vendor("openai.realtime"))
    #expect(inspection.append(Array(repeating: 7, count: 480)) == .pass)
    for format in [#""input":{"format":{"type":"audio/pcm","rate":24000}}"#, #""output":{"format":{"type":"audio/pcma"}}"#] {
      #expect(inspection.send("{\"type\":\"session.update\",\"session\":{\"audio\":{\(format)}}}") == .pass)
      #expect(inspection.append(Self.wav()) == .pass)
    }
    #expect(inspection.send(#"{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}}}}}"#) == .pass)
    #expect(inspection.append(Self.wav()).rule == .unexpectedContainer)
  }

  /// Of base64 only the first bytes are kept: a header beyond them is not put together with what comes later.
  @Test func aLongHeaderInBase64IsNotFollowed() throws {
    var inspection = try Inspection(
      yaml: """
          codec: {client: json_text, server: json_text}
          audio:
            client: {match: {type: audio}, path: audio}
            format: {query: {input: {encoding: encoding}}}
        """)
    func message(_ bytes: [UInt8]) -> String { "{\"type\":\"audio\",\"audio\":\"\(Base64.encode(bytes))\"}" }
    let format = Array(Self.wav().prefix(36))
    #expect(inspection.send(message(format + Array("LIST".utf8) + [44, 1, 0, 0] + Array(repeating: 0, count: 600))) == .pass)
    // Where the header's next part would be, were these bytes the next ones.
    let next = Array(repeating: UInt8(0), count: 344 - 258) + Array("data".utf8) + [0, 0, 0, 0]
    #expect(inspection.send(message(next + Array(repeating: 0, count: 600))) == .pass)
    #expect(inspection.inspector.format?.encoding == .container)
    #expect(inspection.inspector.audio == .zero)
  }

  @Test(arguments: [2, 100, 1000, 100_000])
  func aWAVStreamIsCounted(cut: Int) throws {
    var inspection = try Inspection(vendor("deepgram.listen"))
    #expect(inspection.inspector.open(Query("")) == .pass)
    var rest = Self.wav(rate: 8000, milliseconds: 3000)[...]
    while !rest.isEmpty {
      #expect(inspection.send(Array(rest.prefix(cut)), after: 20) == .pass)
      rest = rest.dropFirst(cut)
    }
    #expect(inspection.inspector.audio == .seconds(3))
    #expect(inspection.inspector.format == AudioFormat(encoding: .pcmS16LE, rate: 8000))
  }
}
