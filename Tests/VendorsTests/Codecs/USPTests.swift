import JSON
import Testing
@testable import Vendors

@Suite struct USPTests {
  /// A message of https://docs.microsoft.com/en-us/azure/cognitive-services/Speech/api-reference-rest/websocketprotocol.
  @Test func aHypothesis() throws {
    let text =
      "Path: speech.hypothesis\r\nContent-Type: application/json; charset=utf-8\r\nX-RequestId: 123e4567e89b12d3a456426655440000\r\n\r\n"
      + #"{"Text": "this is a speech hypothesis", "Offset": 0, "Duration": 23600000}"#
    #expect(
      try MessageFraming.usp.open(Array(text.utf8)[...], isText: true).json
        == [
          "headers": [
            "path": "speech.hypothesis", "content-type": "application/json; charset=utf-8",
            "x-requestid": "123e4567e89b12d3a456426655440000",
          ], "body": ["Text": "this is a speech hypothesis", "Offset": 0, "Duration": 23_600_000],
        ])
  }

  static let rows: [(text: String, json: JSONValue?)] = [
    ("Path: turn.end\r\nX-RequestId: 1\r\n\r\n", ["headers": ["path": "turn.end", "x-requestid": "1"], "body": ""]),
    ("Path:turn.end\r\n", ["headers": ["path": "turn.end"], "body": ""]),
    ("Path: ssml\r\n\r\n<speak/>", ["headers": ["path": "ssml"], "body": "<speak/>"]),
    ("X-RequestId: 1\r\n\r\n{}", nil), ("Path\r\n\r\n", nil), ("", nil),
  ]

  @Test(arguments: rows)
  func texts(row: (text: String, json: JSONValue?)) {
    #expect((try? MessageFraming.usp.open(Array(row.text.utf8)[...], isText: true))?.json == row.json)
  }

  @Test func aPieceOfAudio() throws {
    let head = Array("Path: audio\r\nX-RequestId: 1\r\n".utf8)
    let frame = [0, UInt8(head.count)] + head + [0x52, 0x49, 0x46, 0x46]
    let message = try MessageFraming.usp.open(frame[...], isText: false)
    #expect(message.bytes(at: try #require(JSONPath("body"))) == Array("RIFF".utf8))
    #expect(message.value == ["headers": ["path": "audio", "x-requestid": "1"], "body": "bytes"])
    let entry = try vendor("azure.speech")
    #expect(MessageFraming.usp.close(message.json, audio: entry.audio.clientChoices) == .binary(frame))
    // The end of audio.
    let end = try MessageFraming.usp.open(([0, UInt8(head.count)] + head)[...], isText: false)
    #expect(end.json["body"] == "")
  }

  @Test func headersHaveTheirUsualSpelling() {
    let message: JSONValue = ["headers": ["path": "speech.config", "x-timestamp": "t", "X-Other": 1], "body": ["a": 1]]
    #expect(
      MessageFraming.usp.close(message, audio: []) == .text("Path: speech.config\r\nX-Timestamp: t\r\nX-Other: 1\r\n\r\n{\"a\":1}"))
  }

  static let broken: [(bytes: [UInt8], error: FramingError)] = [
    ([], .truncated), ([0], .truncated), ([0, 5, 65], .truncated), ([0, 0], .illegal("headers without a Path")),
    ([0, 2, 0xFF, 0xFE], .illegal("headers that are not UTF-8")),
    ([0x20, 0x01] + [UInt8](repeating: 65, count: 8193), .tooLarge("a head of 8193 bytes")),
  ]

  @Test(arguments: broken)
  func whatIsBrokenIsSaid(row: (bytes: [UInt8], error: FramingError)) {
    #expect(throws: row.error) { try MessageFraming.usp.open(row.bytes[...], isText: false) }
  }
}
