import TestSupport

@testable import WebSocket

/// Compressing and inflating whole messages, in pieces.
enum DeflateKit {
  static func compress(_ pieces: [[UInt8]], with deflater: inout Deflater) -> [UInt8]? {
    var bytes: [UInt8] = []
    for (index, piece) in pieces.enumerated() {
      let isLast = index == pieces.count - 1
      let done = unsafe piece.withUnsafeBytes { unsafe deflater.compress($0, isLast: isLast, appendingTo: &bytes) }
      guard done else { return nil }
    }
    return bytes
  }

  /// Through `inflate` and `finish`, in steps of `room` bytes, each beyond its end a fault.
  static func inflate(_ pieces: [[UInt8]], with inflater: inout Inflater, room: Int = 4_096) throws(ProtocolViolation) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
    defer { unsafe buffer.deallocate() }
    var bytes: [UInt8] = []
    for piece in pieces {
      var offset = 0
      var count = 0
      repeat {
        count = try unsafe piece.span.bytes.withUnsafeBytes { (input) throws(ProtocolViolation) in
          try unsafe inflater.inflate(input, at: &offset, into: buffer)
        }
        unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } while count == room
      guard offset == piece.count else { return [] }
    }
    try inflater.finish()
    return bytes
  }

  /// A message of `count` equal bytes, compressed to about a thousandth: blocks of 1 MB, each with its tail but the last.
  static func bomb(_ count: Int) -> [UInt8] {
    var deflater = Deflater(level: 9)
    let block = compress([[UInt8](repeating: 0, count: 1 << 20)], with: &deflater) ?? []
    var bytes: [UInt8] = []
    for _ in 0..<count >> 20 { bytes += block + [0x00, 0x00, 0xFF, 0xFF] }
    bytes.removeLast(4)
    return bytes
  }

  /// Messages as vendors send them, repetitive, and some that are not.
  static func message(using random: inout SeededGenerator) -> [UInt8] {
    let count = [0, 1, 5, 300, 3_000, 70_000].randomElement(using: &random) ?? 0
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return noise(count, using: &random)
    case 1: return [UInt8](repeating: UInt8.random(in: .min ... .max, using: &random), count: count)
    default:
      let words = ["{\"type\":\"response.audio.delta\",", "\"delta\":\"", "transcript", "Grüße", "\n", "0123456789", "\"}"]
      var bytes: [UInt8] = []
      while bytes.count < count { bytes += Array((words.randomElement(using: &random) ?? "").utf8) }
      return Array(bytes.prefix(count))
    }
  }

  /// At least one piece.
  static func split(_ bytes: [UInt8], using random: inout SeededGenerator) -> [[UInt8]] {
    let longest = [3, 100, 10_000, 200_000].randomElement(using: &random) ?? 3
    let pieces = random.split(bytes, longest: max(longest, bytes.count / 400))
    return pieces.isEmpty ? [bytes] : pieces
  }

  /// As `SeededGenerator.bytes`, eight at a time.
  static func noise(_ count: Int, using random: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count { unsafe withUnsafeBytes(of: random.next()) { unsafe bytes.append(contentsOf: $0) } }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  static func bytes(_ text: some StringProtocol) -> [UInt8] {
    let digits = text.utf8.map { $0 < 0x61 ? $0 &- 0x30 : $0 &- 0x57 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
