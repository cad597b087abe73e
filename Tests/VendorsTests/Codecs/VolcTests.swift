import JSON
import Testing
@testable import Vendors

/// By the tables of https://www.volcengine.com/docs/6561/1354869.
@Suite struct VolcTests {
  static let plain: [(name: String, bytes: [UInt8], json: JSONValue?)] = [
    (
      "a request without compression", [0x11, 0x10, 0x10, 0x00, 0, 0, 0, 7] + Array(#"{"a":1}"#.utf8),
      ["type": "full_client_request", "last": false, "payload": ["a": 1]]
    ),
    ("audio", [0x11, 0x20, 0x00, 0x00, 0, 0, 0, 2, 1, 2], ["type": "audio_only", "last": false, "payload": "AQI="]),
    (
      "audio with a number", [0x11, 0x21, 0x00, 0x00, 0, 0, 0, 5, 0, 0, 0, 1, 9],
      ["type": "audio_only", "last": false, "sequence": 5, "payload": "CQ=="]
    ),
    ("the last audio", [0x11, 0x22, 0x00, 0x00, 0, 0, 0, 0], ["type": "audio_only", "last": true, "payload": ""]),
    (
      "the last audio with a negative number", [0x11, 0x23, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFB, 0, 0, 0, 0],
      ["type": "audio_only", "last": true, "sequence": -5, "payload": ""]
    ),
    (
      "an answer whose flags say nothing of its number", [0x11, 0x90, 0x10, 0x00, 0, 0, 0, 1, 0, 0, 0, 2] + Array("{}".utf8),
      ["type": "full_server_response", "last": false, "sequence": 1, "payload": [:]]
    ),
    (
      "an answer without a number", [0x11, 0x90, 0x10, 0x00, 0, 0, 0, 2] + Array("{}".utf8),
      ["type": "full_server_response", "last": false, "payload": [:]]
    ),
    (
      "an error", [0x11, 0xF0, 0x10, 0x00, 0x02, 0xAE, 0xA5, 0x41, 0, 0, 0, 3] + Array("bad".utf8),
      ["type": "error", "last": false, "code": 45_000_001, "payload": "bad"]
    ),
    ("a longer header", [0x12, 0x22, 0x00, 0x00, 9, 9, 9, 9, 0, 0, 0, 0], ["type": "audio_only", "last": true, "payload": ""]),
    ("another version", [0x21, 0x20, 0x00, 0x00, 0, 0, 0, 0], nil), ("no header", [0x10, 0x20, 0x00, 0x00, 0, 0, 0, 0], nil),
    ("an unknown type", [0x11, 0x30, 0x00, 0x00, 0, 0, 0, 0], nil), ("events", [0x11, 0x94, 0x10, 0x00, 0, 0, 0, 1, 0, 0, 0, 0], nil),
    ("an unknown compression", [0x11, 0x20, 0x02, 0x00, 0, 0, 0, 1, 1], nil), ("too much", [0x11, 0x20, 0x00, 0x00, 0, 0, 0, 0, 1], nil),
    ("no gzip", [0x11, 0x20, 0x01, 0x00, 0, 0, 0, 3, 1, 2, 3], nil),
  ]

  @Test(arguments: plain)
  func bytesAndWhatTheySay(row: (name: String, bytes: [UInt8], json: JSONValue?)) {
    #expect((try? MessageFraming.volc.open(row.bytes[...], isText: false))?.json == row.json, "\(row.name)")
  }

  /// By `printf 'hello' | gzip -n`.
  @Test func whatGzipPacked() throws {
    let packed = bytes("1f8b0800000000000003cb48cdc9c90700" + "86a6103605000000")
    #expect(try Gzip.inflate(packed[...], limit: 5) == Array("hello".utf8))
    #expect(throws: FramingError.tooLarge("a packed message")) { try Gzip.inflate(packed[...], limit: 4) }
    #expect(throws: FramingError.truncated) { try Gzip.inflate(packed.dropLast(), limit: 5) }
    #expect(throws: FramingError.excess(1)) { try Gzip.inflate((packed + [0])[...], limit: 5) }
  }

  /// A small message that would become a large one.
  @Test func aBombIsNotUnpacked() throws {
    let bomb = Gzip.deflate([UInt8](repeating: 0, count: Volc.largestPayload + 1))
    var frame: [UInt8] = [0x11, 0x20, 0x01, 0x00]
    frame.append(bigEndian: bomb.count, width: 4)
    #expect(throws: FramingError.tooLarge("a packed message")) { try MessageFraming.volc.open((frame + bomb)[...], isText: false) }
  }

  @Test func whatIsPutTogetherIsTakenApart() throws {
    let choices = try vendor("volcengine.asr").audio.clientChoices
    for message: JSONValue in [
      ["type": "full_client_request", "last": false, "payload": ["audio": ["format": "pcm"]]],
      ["type": "audio_only", "last": false, "sequence": 7, "payload": "AQIDBAUG"],
      ["type": "audio_only", "last": true, "sequence": -7, "payload": ""],
      ["type": "full_server_response", "last": true, "sequence": 3, "payload": ["result": ["text": "你好"]]],
      ["type": "error", "last": false, "code": 45_000_081, "payload": "waited too long"],
    ] {
      guard case .binary(let frame) = MessageFraming.volc.close(message, audio: choices) else { continue }
      #expect(try MessageFraming.volc.open(frame[...], isText: false).json == message)
    }
  }
}
