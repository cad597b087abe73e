import JSON
import Testing
@testable import Vendors

@Suite struct EventStreamTests {
  /// Messages of AWS's own client: https://github.com/boto/botocore, tests/unit/test_eventstream.py.
  static let vectors: [(hex: String, json: JSONValue)] = [
    ("000000100000000005c248eb7d98c8ff", ["headers": [:], "payload": ""]),
    ("000000170000000729860158046279746502ffc2f869dc", ["headers": ["byte": -1], "payload": ""]),
    ("0000001900000009710e923e0573686f727403ffffb27cb6cc", ["headers": ["short": -1], "payload": ""]),
    ("0000001d0000000d83e3f0e707696e746567657204ffffffff8b8e12eb", ["headers": ["integer": -1], "payload": ""]),
    ("0000001e0000000e5d4adb8d046c6f6e6705ffffffffffffffff4bc232da", ["headers": ["long": -1], "payload": ""]),
    ("0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936", ["headers": [:], "payload": "eydmb28nOidiYXInfQ=="]),
    (
      "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
      ["headers": ["content-type": "application/json"], "payload": "eydmb28nOidiYXInfQ=="]
    ),
    (
      "000000620000005203b5cb9c01300001310101320202013303000301340400000004013505000000000000000501360600056279746573013707000475746638"
        + "0138080000000000000008013909303132333435363738396162636465666335" + "3671",
      [
        "headers": [
          "0": true, "1": false, "2": 2, "3": 3, "4": 4, "5": 5, "6": "Ynl0ZXM=", "7": "utf8", "8": 8, "9": "MDEyMzQ1Njc4OWFiY2RlZg==",
        ], "payload": "",
      ]
    ),
    (
      "0000005200000042bf23637e0d3a6d6573736167652d747970650700056572726f720b3a6572726f722d636f6465070004636f64650e3a6572726f722d6d6573"
        + "736167650700076d6573736167656b6cea3d",
      ["headers": [":message-type": "error", ":error-code": "code", ":error-message": "message"], "payload": ""]
    ),
    (
      "0000007e0000004fc5a3ddc60d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74797065070010696e697469616c2d726573706f6e73"
        + "650d3a636f6e74656e742d74797065070009746578742f6a736f6e7b22496e697469616c526573706f6e7365223a2022736f6d6574657874227df6982483",
      [
        "headers": [":message-type": "event", ":event-type": "initial-response", ":content-type": "text/json"],
        "payload": ["InitialResponse": "sometext"],
      ]
    ),
  ]

  @Test(arguments: vectors)
  func whatAWSsClientReads(row: (hex: String, json: JSONValue)) throws {
    #expect(try MessageFraming.eventStream.open(bytes(row.hex)[...], isText: false).json == row.json)
  }

  /// The corrupted messages of the same file.
  static let corrupted: [(hex: String, error: FramingError)] = [
    (
      "0100001d00000000fd528c5a7b27666f6f273a27626172277dc3653936", .checksum
    ),
    ("0000001d00000000fd528c5a7b27666f6f273a27626172278dc3653936", .checksum),
    (
      "0000003d0000002007fd83960c636f6e74656e742b747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
      .checksum
    ),
    (
      "0000003dff00010207fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
      .illegal("lengths of 61 and 4278190338 bytes")
    ),
    ("00000024000000144bb982d00474657374046173646604746573740461736466f3f47563", .illegal("a header twice")),
    ("000000100000000005c248eb7d98c8ff00", .excess(1)),
    ("000000100000000005c248eb7d98c8", .truncated),
  ]

  @Test(arguments: corrupted)
  func whatIsCorruptedIsFoundOut(row: (hex: String, error: FramingError)) {
    #expect(throws: row.error) { try MessageFraming.eventStream.open(bytes(row.hex)[...], isText: false) }
  }

  /// As pipecat-ai 1.14.0 builds one (services/aws/utils.py): the order of headers is the message's.
  @Test func anAudioEvent() throws {
    let message: JSONValue = [
      "headers": [":content-type": "application/octet-stream", ":event-type": "AudioEvent", ":message-type": "event"],
      "payload": "AQIDBA==",
    ]
    let entry = try vendor("aws.transcribe")
    guard case .binary(let frame) = MessageFraming.eventStream.close(message, audio: entry.audio.clientChoices) else {
      Issue.record("no binary message")
      return
    }
    let opened = try MessageFraming.eventStream.open(frame[...], isText: false)
    #expect(opened.bytes(at: try #require(JSONPath("payload"))) == [1, 2, 3, 4])
    #expect(opened.value["payload"] == "bytes")
    #expect(opened.json == message)
    #expect(Array(frame[12..<26]) == [13] + Array(":content-type".utf8))
  }

  @Test func aTextIsNone() {
    #expect(throws: FramingError.illegal("a text message")) { try MessageFraming.eventStream.open([], isText: true) }
  }
}

/// Bytes of hexadecimal digits.
func bytes(_ hex: String) -> [UInt8] {
  let digits = Array(hex.utf8)
  return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) }
}
