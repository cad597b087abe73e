import TestSupport
import Testing

@testable import WebSocket

/// Python's zlib on the other end, one connection's worth of messages at a time.
@Suite("permessage-deflate with another implementation")
struct DeflateInteroperationTests {
  /// Below a pipe's buffer all together, with their hexadecimal digits.
  static func messages(_ seed: UInt64) -> [[UInt8]] {
    var random = SeededGenerator(seed: seed)
    return (0..<10).map { _ in Array(DeflateKit.message(using: &random).prefix(1_500)) }
  }

  /// Runs a script that reads one hexadecimal message a line and answers one a line.
  static func exchange(_ script: String, _ lines: [[UInt8]]) throws -> [[UInt8]] {
    let python = try ChildProcess(["python3", "-c", script])
    try python.write(lines.map { DeflateKit.hexadecimal($0) + "\n" }.joined())
    try #require(try python.finish() == 0, "\(python.text)")
    return python.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { DeflateKit.bytes($0) }
  }

  @Test("what we compress, Python inflates", arguments: 9...15, [true, false])
  func ours(windowBits: Int, contextTakeover: Bool) throws {
    let script = """
      import sys, zlib
      def fresh(): return zlib.decompressobj(-\(windowBits))
      d = fresh()
      for line in sys.stdin:
        data = d.decompress(bytes.fromhex(line)) + d.decompress(bytes([0, 0, 255, 255]))
        assert not d.unconsumed_tail and not d.unused_data
        print(data.hex())
        if \(contextTakeover ? 0 : 1): d = fresh()
      """
    for level in [1, 6] {
      var deflater = Deflater(windowBits: windowBits, contextTakeover: contextTakeover, level: level)
      let messages = Self.messages(UInt64(windowBits))
      let payloads = try messages.map { try #require(DeflateKit.compress([$0], with: &deflater)) }
      #expect(try Self.exchange(script, payloads) == messages)
    }
  }

  @Test("what Python compresses, we inflate", arguments: 9...15, [true, false])
  func theirs(windowBits: Int, contextTakeover: Bool) throws {
    let script = """
      import sys, zlib
      def fresh(): return zlib.compressobj(wbits=-\(windowBits))
      c = fresh()
      for line in sys.stdin:
        data = c.compress(bytes.fromhex(line)) + c.flush(zlib.Z_SYNC_FLUSH)
        data = data[:-4] if data else bytes(1)
        print(data.hex())
        if \(contextTakeover ? 0 : 1): c = fresh()
      """
    let messages = Self.messages(UInt64(windowBits) + 50)
    var random = SeededGenerator(seed: 3)
    var inflater = Inflater(windowBits: windowBits, contextTakeover: contextTakeover)
    let payloads = try Self.exchange(script, messages)
    #expect(payloads.count == messages.count)
    for (payload, message) in zip(payloads, messages) {
      #expect(try DeflateKit.inflate(DeflateKit.split(payload, using: &random), with: &inflater) == message)
    }
  }

  @Test("messages that end in a final block, as zlib's Z_FINISH makes them", arguments: [9, 15])
  func finalBlocks(windowBits: Int) throws {
    let script = """
      import sys, zlib
      for line in sys.stdin:
        c = zlib.compressobj(wbits=-\(windowBits))
        print((c.compress(bytes.fromhex(line)) + c.flush(zlib.Z_FINISH) + bytes(1)).hex())
      """
    let messages = Self.messages(7)
    var inflater = Inflater(windowBits: windowBits, contextTakeover: true)
    let payloads = try Self.exchange(script, messages)
    #expect(payloads.count == messages.count)
    for (payload, message) in zip(payloads, messages) {
      #expect(try DeflateKit.inflate([payload], with: &inflater) == message)
    }
  }
}
