import TestSupport
import Testing

@testable import WebSocket

@Suite("Inflating messages, RFC 7692 section 7.2.2")
struct InflaterTests {
  static let hello = Array("Hello".utf8)

  static let examples: [(section: String, payload: [UInt8], message: [UInt8])] = [
    ("7.2.3.1", [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], hello),
    ("7.2.3.3", [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], hello),
    ("7.2.3.4", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], hello),
    ("7.2.3.5", [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00], hello),
    ("7.2.3.6", [0x00], []),
    ("final block and nothing behind it", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], hello),
    ("final empty block", [0x03, 0x00], []),
    (
      "final blocks one after another", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
      hello + hello
    ),
  ]

  @Test("the RFC's examples, however they are cut and however small the buffer", arguments: examples.indices, [true, false])
  func inflatesExamples(index: Int, contextTakeover: Bool) throws {
    let example = Self.examples[index]
    for room in [1, 2, 3, 5, 6, 100] {
      var inflater = Inflater(contextTakeover: contextTakeover)
      // Twice: what a message leaves behind must not hurt the next.
      for _ in 0..<2 {
        #expect(try DeflateKit.inflate([example.payload], with: &inflater, room: room) == example.message, "\(example.section)")
        let bytewise = example.payload.map { [$0] }
        #expect(try DeflateKit.inflate(bytewise, with: &inflater, room: room) == example.message, "\(example.section)")
        #expect(inflater.compressedBytes == example.payload.count && inflater.inflatedBytes == example.message.count)
      }
    }
  }

  @Test("7.2.3.2: a message that refers to the one before it")
  func context() throws {
    let second: [UInt8] = [0xF2, 0x00, 0x11, 0x00, 0x00]
    for first in [0, 1, 2, 3, 5] {
      var inflater = Inflater()
      #expect(try DeflateKit.inflate([Self.examples[first].payload], with: &inflater) == Self.hello)
      #expect(try DeflateKit.inflate([second], with: &inflater) == Self.hello, "behind \(Self.examples[first].section)")
    }
    var forgetful = Inflater(contextTakeover: false)
    #expect(try DeflateKit.inflate([Self.examples[0].payload], with: &forgetful) == Self.hello)
    #expect(throws: ProtocolViolation.badCompression) { try DeflateKit.inflate([second], with: &forgetful) }
  }

  /// What is left by these cuts is a message: an empty one, one that ends with a final block, "He".
  static let wholePrefixes = [1: 1, 2: 7, 3: 4]

  @Test("a message cut short is none", arguments: [0, 1, 2, 3])
  func truncated(index: Int) throws {
    let payload = Self.examples[index].payload
    for count in 0..<payload.count {
      if Self.wholePrefixes[index] == count { continue }
      var inflater = Inflater()
      #expect(throws: ProtocolViolation.badCompression, "\(count) bytes of \(Self.examples[index].section)") {
        try DeflateKit.inflate([Array(payload.prefix(count))], with: &inflater)
      }
    }
  }

  @Test(
    "corrupt data",
    arguments: [
      [0x06], [0x07, 0xFF], [0x00, 0x05, 0x00, 0xFA, 0xFE, 0x48], [0xF2, 0x00, 0x11, 0x00, 0x00], [0xFF, 0xFF, 0xFF, 0xFF],
      Array("Hello".utf8), [0x00, 0x00], [0x00, 0x00, 0x00, 0xFF, 0xFF], [0x1F, 0x8B, 0x08, 0x00], [0x78, 0x9C, 0xF3],
    ] as [[UInt8]])
  func corrupt(payload: [UInt8]) {
    var inflater = Inflater()
    #expect(throws: ProtocolViolation.badCompression) { try DeflateKit.inflate([payload], with: &inflater) }
    // It stays so, and holds nothing any more.
    #expect(throws: ProtocolViolation.badCompression) { try DeflateKit.inflate([Self.examples[0].payload], with: &inflater) }
    #expect(inflater.memoryBytes == 0)
  }

  @Test("a changed byte never harms more than the message", arguments: 0..<300 as Range<UInt64>)
  func changed(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var deflater = Deflater(level: 6)
    let message = DeflateKit.message(using: &random)
    var payload = try #require(DeflateKit.compress([message], with: &deflater))
    let place = Int.random(in: payload.indices, using: &random)
    payload[place] ^= UInt8.random(in: 1...255, using: &random)
    var inflater = Inflater(limits: DeflateLimits(maximumMessage: 1 << 20, maximumRatio: 0))
    do throws(ProtocolViolation) {
      let found = try DeflateKit.inflate(DeflateKit.split(payload, using: &random), with: &inflater)
      #expect(found.count <= 1 << 20, "seed \(seed)")
      #expect(inflater.memoryBytes <= Inflater.memoryBound(windowBits: 15), "seed \(seed)")
    } catch {
      #expect(error == .badCompression || error == .messageTooBig, "seed \(seed)")
    }
  }

  // MARK: Limits

  static func violation(_ pieces: [[UInt8]], _ inflater: inout Inflater) -> ProtocolViolation? {
    do throws(ProtocolViolation) {
      _ = try DeflateKit.inflate(pieces, with: &inflater, room: 32 << 10)
      return nil
    } catch {
      return error
    }
  }

  @Test("1 MB that would become 1 GB stops at the cap, and costs the window")
  func bomb() {
    let bomb = DeflateKit.bomb(1 << 30)
    #expect(bomb.count < 1_100_000)
    var bySize = Inflater(limits: DeflateLimits(maximumMessage: 16 << 20, maximumRatio: 0))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 1)
    defer { unsafe buffer.deallocate() }
    var offset = 0
    var total = 0
    var most = 0
    #expect(throws: ProtocolViolation.messageTooBig) {
      while true {
        total += try unsafe bomb.withUnsafeBytes { try unsafe bySize.inflate($0, at: &offset, into: buffer) }
        most = max(most, bySize.memoryBytes)
      }
    }
    #expect(total == 16 << 20)
    #expect(bySize.inflatedBytes <= 16 << 20 + 32 << 10)
    #expect(most > 32 << 10 && most <= Inflater.memoryBound(windowBits: 15))
    #expect(bySize.memoryBytes == 0)

    var byRatio = Inflater(limits: DeflateLimits(maximumMessage: 0, maximumRatio: 100))
    #expect(Self.violation([bomb], &byRatio) == .messageTooBig)
    #expect(byRatio.inflatedBytes <= 64 << 10 + 32 << 10)
    #expect(ProtocolViolation.messageTooBig.code == CloseCode(rawValue: 1009))
  }

  @Test func sizeIsExact() throws {
    for (limit, fits) in [(5_000, true), (4_999, false)] {
      var deflater = Deflater()
      let payload = try #require(DeflateKit.compress([[UInt8](repeating: 7, count: 5_000)], with: &deflater))
      var inflater = Inflater(limits: DeflateLimits(maximumMessage: limit))
      #expect(Self.violation([payload], &inflater) == (fits ? nil : .messageTooBig))
    }
  }

  @Test("the size counts each message, not the connection")
  func sizeIsPerMessage() throws {
    var deflater = Deflater()
    var inflater = Inflater(limits: DeflateLimits(maximumMessage: 5_000))
    for _ in 0..<5 {
      let payload = try #require(DeflateKit.compress([[UInt8](repeating: 7, count: 5_000)], with: &deflater))
      #expect(try DeflateKit.inflate([payload], with: &inflater).count == 5_000)
    }
  }

  @Test func ratioHoldsOnlyBeyondTheFloor() throws {
    for (size, fits) in [(64 << 10, true), (64 << 10 + 1, false)] {
      var deflater = Deflater(level: 9)
      let payload = try #require(DeflateKit.compress([[UInt8](repeating: 7, count: size)], with: &deflater))
      #expect(size / payload.count > 100)
      var inflater = Inflater(limits: DeflateLimits(maximumRatio: 100))
      #expect(Self.violation([payload], &inflater) == (fits ? nil : .messageTooBig))
      var lenient = Inflater(limits: DeflateLimits(maximumRatio: 1_033))
      #expect(Self.violation([payload], &lenient) == nil)
    }
  }

  @Test func limitsJudge() {
    #expect(throws: Never.self) { try DeflateLimits(maximumMessage: 0, maximumRatio: 0).check(inflated: .max, compressed: 1) }
    let limits = DeflateLimits(maximumMessage: 1_000, maximumRatio: 10, ratioFloor: 50)
    #expect(throws: Never.self) { try limits.check(inflated: 50, compressed: 0) }
    #expect(throws: Never.self) { try limits.check(inflated: 1_000, compressed: 100) }
    #expect(throws: ProtocolViolation.messageTooBig) { try limits.check(inflated: 1_000, compressed: 99) }
    #expect(throws: ProtocolViolation.messageTooBig) { try limits.check(inflated: 1_001, compressed: 1_001) }
    #expect(throws: ProtocolViolation.messageTooBig) { try limits.check(inflated: 51, compressed: 0) }
  }

  // MARK: Memory

  @Test("memory is known for each window", arguments: 8...15)
  func memory(windowBits: Int) throws {
    var deflater = Deflater(windowBits: windowBits)
    let message = [UInt8](repeating: 65, count: 200_000)
    let payload = try #require(DeflateKit.compress([message], with: &deflater))
    for contextTakeover in [true, false] {
      var inflater = Inflater(windowBits: windowBits, contextTakeover: contextTakeover, limits: DeflateLimits(maximumRatio: 0))
      #expect(inflater.memoryBytes == 0)
      #expect(try DeflateKit.inflate([payload], with: &inflater) == message)
      let held = inflater.memoryBytes
      #expect(held <= Inflater.memoryBound(windowBits: windowBits))
      #expect(held > 1 << windowBits)
      _ = try DeflateKit.inflate([payload], with: &inflater)
      #expect(inflater.memoryBytes == held, "another message takes no more")
      inflater.release()
      #expect(inflater.memoryBytes == (contextTakeover ? held : 0))
      #expect(try DeflateKit.inflate([payload], with: &inflater) == message)
    }
  }

  @Test func doesNotReleaseInsideAMessage() throws {
    var inflater = Inflater(contextTakeover: false)
    let payload = Self.examples[0].payload
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
    defer { unsafe buffer.deallocate() }
    var offset = 0
    var count = try unsafe payload[..<3].withUnsafeBytes { try unsafe inflater.inflate($0, at: &offset, into: buffer) }
    inflater.release()
    offset = 0
    count += try unsafe payload[3...].withUnsafeBytes {
      try unsafe inflater.inflate($0, at: &offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
    }
    try inflater.finish()
    #expect(unsafe Array(buffer[..<count]) == Self.hello)
  }
}
