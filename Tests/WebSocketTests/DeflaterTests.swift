import TestSupport
import Testing

@testable import WebSocket

@Suite("Compressing messages, RFC 7692 section 7.2.1")
struct DeflaterTests {
  static let hello = InflaterTests.hello

  @Test("7.2.3.1 and 7.2.3.2, byte for byte", arguments: [1, 3, 6, 9])
  func examples(level: Int) {
    var keeping = Deflater(level: level)
    #expect(DeflateKit.compress([Self.hello], with: &keeping) == [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
    #expect(DeflateKit.compress([Self.hello], with: &keeping) == [0xF2, 0x00, 0x11, 0x00, 0x00])
    var forgetting = Deflater(contextTakeover: false, level: level)
    for _ in 0..<3 {
      #expect(DeflateKit.compress([Self.hello], with: &forgetting) == [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
    }
  }

  @Test("7.2.3.3, byte for byte: blocks without compression")
  func stored() {
    var deflater = Deflater(level: 0)
    #expect(
      DeflateKit.compress([Self.hello], with: &deflater)
        == [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00])
  }

  @Test("7.2.3.6, byte for byte, wherever the message stands", arguments: [true, false], 0...9)
  func empty(contextTakeover: Bool, level: Int) throws {
    var deflater = Deflater(contextTakeover: contextTakeover, level: level)
    var inflater = Inflater(contextTakeover: contextTakeover)
    for message in [[], [], Self.hello, [], [], Self.hello, []] {
      let payload = try #require(DeflateKit.compress([[], message, []], with: &deflater))
      if message.isEmpty { #expect(payload == [0x00]) }
      #expect(try DeflateKit.inflate([payload], with: &inflater) == message)
    }
  }

  struct Combination: CustomTestStringConvertible {
    let windowBits: Int
    let contextTakeover: Bool
    let level: Int
    let memoryLevel: Int?
    var testDescription: String { "window \(windowBits), takeover \(contextTakeover), level \(level), memory \(memoryLevel ?? 0)" }
  }

  static let combinations: [Combination] = (9...15).flatMap { window in
    [true, false].flatMap { takeover in
      [(1, nil), (3, 1), (6, 8), (9, 9), (0, 2)].map {
        Combination(windowBits: window, contextTakeover: takeover, level: $0.0, memoryLevel: $0.1)
      }
    }
  }

  @Test("random messages come back, cut at random on both sides", arguments: combinations)
  func roundTrip(combination: Combination) throws {
    for seed in 0..<2 as Range<UInt64> {
      var random = SeededGenerator(seed: seed &* 100 &+ UInt64(combination.windowBits))
      var deflater = Deflater(
        windowBits: combination.windowBits, contextTakeover: combination.contextTakeover, level: combination.level,
        memoryLevel: combination.memoryLevel)
      var inflater = Inflater(
        windowBits: combination.windowBits, contextTakeover: combination.contextTakeover, limits: DeflateLimits(maximumRatio: 0))
      for number in 0..<8 {
        let message = DeflateKit.message(using: &random)
        let payload = try #require(DeflateKit.compress(DeflateKit.split(message, using: &random), with: &deflater))
        // What stays in the window of an inflater that has seen everything must stay in that of the compressor.
        if Int.random(in: 0..<4, using: &random) == 0 { deflater.release() }
        let room = [1_000, 4_096, 100_000].randomElement(using: &random) ?? 1_000
        let found = try DeflateKit.inflate(DeflateKit.split(payload, using: &random), with: &inflater, room: room)
        #expect(found == message, "seed \(seed), message \(number)")
        #expect(inflater.compressedBytes == payload.count && inflater.inflatedBytes == message.count, "seed \(seed)")
      }
      #expect(deflater.memoryBytes <= Deflater.memoryBound(windowBits: combination.windowBits, memoryLevel: combination.memoryLevel))
    }
  }

  @Test("a whole message into a buffer is the same as one in pieces", arguments: combinations)
  func wholeMessages(combination: Combination) throws {
    var random = SeededGenerator(seed: UInt64(combination.windowBits))
    func deflater() -> Deflater {
      Deflater(
        windowBits: combination.windowBits, contextTakeover: combination.contextTakeover, level: combination.level,
        memoryLevel: combination.memoryLevel)
    }
    var whole = deflater()
    var pieces = deflater()
    var inflater = Inflater(contextTakeover: combination.contextTakeover, limits: DeflateLimits(maximumRatio: 0))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Deflater.bound(70_000), alignment: 1)
    defer { unsafe buffer.deallocate() }
    for number in 0..<12 {
      // The first ones are as incompressible as can be, so that the bound is tried.
      let message = number < 3 ? DeflateKit.noise([70_000, 1, 700][number], using: &random) : DeflateKit.message(using: &random)
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<Deflater.bound(message.count)])
      let found = unsafe message.withUnsafeBytes { unsafe whole.compress($0, into: room) }
      let payload = try unsafe Array(buffer[..<#require(found, "message \(number)")])
      #expect(try DeflateKit.inflate([payload], with: &inflater) == message, "message \(number)")
      // zlib cuts its blocks elsewhere when a long message comes in steps, and looks ahead no further than what it has.
      if message.count <= 3_000 {
        pieces.release()
        var fresh = deflater()
        let alone = unsafe message.withUnsafeBytes { unsafe fresh.compress($0, into: room) }
        let same = try unsafe Array(buffer[..<#require(alone)])
        #expect(DeflateKit.compress([message], with: &pieces) == same, "message \(number)")
      }
    }
  }

  @Test func refusesWhatDoesNotFit() {
    var deflater = Deflater()
    let message = [UInt8](repeating: 1, count: 100)
    var short = [UInt8](repeating: 0, count: Deflater.bound(100) - 1)
    let found = unsafe message.withUnsafeBytes { input in unsafe short.withUnsafeMutableBytes { unsafe deflater.compress(input, into: $0) }
    }
    #expect(found == nil && deflater.memoryBytes == 0)
    // Inside a message in pieces.
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1_000)
    let begun = unsafe message.withUnsafeBytes { unsafe deflater.compress($0, isLast: false, appendingTo: &bytes) }
    let inside = unsafe message.withUnsafeBytes { input in unsafe room.withUnsafeMutableBytes { unsafe deflater.compress(input, into: $0) }
    }
    #expect(begun && inside == nil && deflater.compress(message, as: .text) == nil)
  }

  @Test("the window is kept to: nothing refers further back", arguments: 9...15)
  func window(windowBits: Int) throws {
    var random = SeededGenerator(seed: 1)
    let block = random.bytes(300)
    let size = 1 << windowBits
    var inside = Deflater(windowBits: windowBits, level: 9)
    let near = try #require(DeflateKit.compress([block + DeflateKit.noise(max(0, size - 900), using: &random) + block], with: &inside))
    var outside = Deflater(windowBits: windowBits, level: 9)
    let far = try #require(DeflateKit.compress([block + DeflateKit.noise(size, using: &random) + block], with: &outside))
    if windowBits >= 10 { #expect(near.count < size - 500) }
    #expect(far.count >= size + 600)
  }

  @Test("memory is known for each window and memory level", arguments: 9...15, 1...9)
  func memory(windowBits: Int, memoryLevel: Int) throws {
    var deflater = Deflater(windowBits: windowBits, level: 6, memoryLevel: memoryLevel)
    #expect(deflater.memoryBytes == 0)
    _ = DeflateKit.compress([[UInt8](repeating: 65, count: 100_000)], with: &deflater)
    let formula = 1 << (windowBits + 2) + 1 << (memoryLevel + 9)
    #expect(deflater.memoryBytes > formula)
    #expect(deflater.memoryBytes <= Deflater.memoryBound(windowBits: windowBits, memoryLevel: memoryLevel))
    deflater.release()
    #expect(deflater.memoryBytes == 0)
  }

  @Test func settingsAreMovedIntoRange() {
    let low = Deflater(windowBits: 8, level: -3, memoryLevel: 0)
    #expect(low.windowBits == 9 && low.level == 0 && low.memoryLevel == 1)
    let high = Deflater(windowBits: 20, level: 12, memoryLevel: 12)
    #expect(high.windowBits == 15 && high.level == 9 && high.memoryLevel == 9)
    #expect((9...15).map { Deflater.memoryLevel(windowBits: $0) } == [2, 3, 4, 5, 6, 7, 8])
  }

  @Test("what is worth compressing")
  func worthwhile() {
    let text = Deflater(minimumSize: 256, textOnly: true)
    #expect(text.isWorthwhile(.text, size: 256) && !text.isWorthwhile(.text, size: 255))
    #expect(!text.isWorthwhile(.binary, size: 5_000) && !text.isWorthwhile(.ping, size: 5_000))
    let all = Deflater()
    #expect(all.isWorthwhile(.binary, size: 0) && all.isWorthwhile(.text, size: 0) && !all.isWorthwhile(.close, size: 2))
  }

  @Test("what does not become smaller goes as it is, where later messages do not refer to it")
  func incompressible() throws {
    var random = SeededGenerator(seed: 9)
    let noise = random.bytes(1_000)
    var forgetting = Deflater(contextTakeover: false)
    #expect(forgetting.compress(noise, as: .binary) == nil)
    var keeping = Deflater()
    let payloads = [keeping.compress(noise, as: .binary), keeping.compress(noise, as: .binary)]
    let first = try #require(payloads[0])
    #expect(first.count > noise.count)
    let second = try #require(payloads[1])
    #expect(second.count < 50)
    var inflater = Inflater()
    #expect(try DeflateKit.inflate([first], with: &inflater) == noise)
    #expect(try DeflateKit.inflate([second], with: &inflater) == noise)
  }

  @Test("one without context takeover serves many connections")
  func shared() throws {
    var deflater = Deflater(contextTakeover: false)
    let message = Array(String(repeating: "shared ", count: 50).utf8)
    let payloads = (0..<3).map { _ in deflater.compress(message, as: .text) }
    for payload in payloads {
      var inflater = Inflater(contextTakeover: false)
      #expect(try DeflateKit.inflate([try #require(payload)], with: &inflater) == message)
    }
  }
}
