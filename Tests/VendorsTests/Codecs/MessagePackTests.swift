import JSON
import Testing
@testable import Vendors

/// By the formats of https://github.com/msgpack/msgpack/blob/master/spec.md.
@Suite struct MessagePackTests {
  static let rows: [(hex: String, json: JSONValue)] = [
    ("00", 0), ("7f", 127), ("e0", -32), ("ff", -1), ("cc80", 128), ("cdffff", 65_535), ("ceffffffff", 4_294_967_295),
    ("cf7fffffffffffffff", .int(.max)), ("cfffffffffffffffff", .double(1.844_674_407_370_955_2e19)), ("d080", -128), ("d18000", -32_768),
    ("d280000000", -2_147_483_648), ("d38000000000000000", .int(.min)), ("c0", nil), ("c2", false), ("c3", true),
    ("ca3fc00000", .double(1.5)), ("cb3ff8000000000000", .double(1.5)), ("a0", ""), ("a161", "a"), ("d90161", "a"), ("da000161", "a"),
    ("db0000000161", "a"), ("90", []), ("920102", [1, 2]), ("dc00020102", [1, 2]), ("dd000000020102", [1, 2]), ("80", [:]),
    ("81a16101", ["a": 1]), ("de0001a16101", ["a": 1]), ("df00000001a16101", ["a": 1]), ("810102", ["1": 2]),
    ("81a161c40201ff", ["a": "Af8="]), ("81a161c5000201ff", ["a": "Af8="]), ("81a161c60000000201ff", ["a": "Af8="]),
    ("81a161d40109", ["a": "CQ=="]), ("81a161d8010102030405060708090a0b0c0d0e0f10", ["a": "AQIDBAUGBwgJCgsMDQ4PEA=="]),
    ("81a161c7020109" + "08", ["a": "CQg="]),
  ]

  @Test(arguments: rows)
  func everyFormat(row: (hex: String, json: JSONValue)) throws {
    #expect(try MessageFraming.messagePack.open(bytes(row.hex)[...], isText: false).json == row.json)
  }

  static let broken: [(hex: String, error: FramingError)] = [
    ("", .truncated), ("c1", .illegal("a value of type 193")), ("0000", .excess(1)), ("a361", .truncated),
    ("a2ffff", .illegal("a text that is not UTF-8")),
    ("ddffffffff", .truncated), ("dfffffffff", .truncated), ("c6ffffffff00", .truncated), ("81", .truncated),
  ]

  @Test(arguments: broken)
  func whatIsBrokenIsSaid(row: (hex: String, error: FramingError)) {
    #expect(throws: row.error) { try MessageFraming.messagePack.open(bytes(row.hex)[...], isText: false) }
  }

  @Test func nestsAreBounded() {
    let nest = [UInt8](repeating: 0x91, count: 1000) + [0]
    #expect(throws: FramingError.tooLarge("a nest of values")) { try MessageFraming.messagePack.open(nest[...], isText: false) }
    var wide: [UInt8] = [0xDD]
    wide.append(bigEndian: MessagePack.most + 1, width: 4)
    wide += [UInt8](repeating: 0, count: MessagePack.most + 1)
    #expect(throws: FramingError.tooLarge("a nest of values")) { try MessageFraming.messagePack.open(wide[...], isText: false) }
  }

  /// As ormsgpack 1.x packs `{"event": "audio", "audio": b"\x01\x02"}`.
  @Test func audioOfFish() throws {
    let frame = bytes("82a56576656e74a5617564696fa5617564696fc4020102")
    let message = try MessageFraming.messagePack.open(frame[...], isText: false)
    #expect(message.value == ["event": "audio", "audio": "bytes"])
    #expect(message.bytes(at: try #require(JSONPath("audio"))) == [1, 2])
    #expect(message.json == ["event": "audio", "audio": "AQI="])
  }
}
