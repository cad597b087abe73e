import JSON
import Testing
@testable import Vendors

/// Random messages and random damage; the seed is in each failure's message.
@Suite struct FramingPropertyTests {
  static let vendors: [(framing: MessageFraming, vendor: String)] = [
    (.eventStream, "aws.transcribe"), (.usp, "azure.speech"), (.volc, "volcengine.asr"), (.messagePack, "fish.tts"),
  ]

  /// What is put together is taken apart again, bytes and all.
  @Test(arguments: vendors, [UInt64](1...40))
  func roundTrip(row: (framing: MessageFraming, vendor: String), seed: UInt64) throws {
    let entry = try vendor(row.vendor)
    var random = SimulatorRandom(seed: seed)
    let audio = (0..<Int(random.next() % 3000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let message = Self.message(row.framing, audio, &random)
    let choices = entry.audio.clientChoices + entry.audio.serverChoices
    let frame = row.framing.close(message, audio: choices)
    let opened = try row.framing.open(frame.bytes[...], isText: frame.isText)
    #expect(opened.json.holds(message), "seed \(seed)")
    let path = try #require(choices.first?.jsonPath)
    #expect(opened.bytes(at: path) == audio, "seed \(seed)")
  }

  /// A message that was cut anywhere is an error, or another message, and never a crash.
  @Test(arguments: vendors, [UInt64](1...20))
  func everyCut(row: (framing: MessageFraming, vendor: String), seed: UInt64) throws {
    let entry = try vendor(row.vendor)
    var random = SimulatorRandom(seed: seed)
    let message = Self.message(row.framing, [1, 2, 3, 4, 5, 6, 7, 8, 9], &random)
    let frame = row.framing.close(message, audio: entry.audio.clientChoices + entry.audio.serverChoices)
    for count in frame.bytes.indices {
      let opened = try? row.framing.open(frame.bytes[..<count], isText: frame.isText)
      if row.framing != .usp { #expect(opened == nil, "seed \(seed), \(count) of \(frame.bytes.count) bytes") }
    }
  }

  @Test(arguments: vendors, [UInt64](1...200))
  func damageAndNoise(row: (framing: MessageFraming, vendor: String), seed: UInt64) throws {
    let entry = try vendor(row.vendor)
    var random = SimulatorRandom(seed: seed)
    let message = Self.message(row.framing, [1, 2, 3], &random)
    var frame = row.framing.close(message, audio: entry.audio.clientChoices + entry.audio.serverChoices).bytes
    for _ in 0..<Int(random.next() % 8) + 1 { frame[Int(random.next() % UInt64(frame.count))] = UInt8(truncatingIfNeeded: random.next()) }
    let noise = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    for bytes in [frame, noise] {
      for isText in [false, true] {
        // Whatever comes of it has a form that can be written.
        if let opened = try? row.framing.open(bytes[...], isText: isText) { #expect(!opened.json.text().isEmpty, "seed \(seed)") }
      }
    }
    // A checksum lets nothing through.
    if row.framing == .eventStream, let opened = try? row.framing.open(frame[...], isText: false) {
      #expect(opened.json.holds(message), "seed \(seed)")
    }
  }

  @Test(arguments: MessageFraming.allCases)
  func whatIsTooLargeIsNotRead(framing: MessageFraming) {
    let bytes = [UInt8](repeating: 0, count: MessageFraming.largestMessage + 1)
    #expect(throws: FramingError.tooLarge("a message of 1048577 bytes")) { try framing.open(bytes[...], isText: false) }
  }

  private static func message(_ framing: MessageFraming, _ audio: [UInt8], _ random: inout SimulatorRandom) -> JSONValue {
    let audio = JSONValue.string(Base64.encode(audio))
    let word = JSONValue.string(random.hex(Int(random.next() % 60)))
    switch framing {
    case .eventStream:
      return [
        "headers": [
          ":event-type": "AudioEvent", ":message-type": "event", "word": word, "flag": true,
          "number": .int(Int64(bitPattern: random.next())),
        ],
        "payload": audio,
      ]
    case .usp: return ["headers": ["path": "audio", "x-requestid": .string(random.hex(32)), "word": word], "body": audio]
    case .volc: return ["type": "audio_only", "last": false, "sequence": .int(Int64(random.next() % 1_000_000)), "payload": audio]
    case .messagePack:
      return [
        "event": "audio", "audio": audio, "list": [1, .int(Int64(bitPattern: random.next())), nil, false, .double(0.25), word],
        "map": ["a": [:], "b": word],
      ]
    }
  }
}

extension MessageFraming.Frame {
  var isText: Bool { if case .text = self { true } else { false } }

  var bytes: [UInt8] {
    switch self {
    case .text(let text): Array(text.utf8)
    case .binary(let bytes): bytes
    }
  }
}

extension AudioCarriage.Choice {
  var jsonPath: JSONPath? { if case .json(_, let path) = carriage { path } else { nil } }
}
