import TestSupport
import WebSocket

/// Long streams of data frames.
struct SeededFrames {
  private var random: SeededGenerator

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// At least so many bytes, in frames of up to 64 KB.
  mutating func stream(sender: Role, bytes count: Int) -> FrameStream {
    var stream = FrameStream(sender: sender)
    while stream.bytes.count < count { stream.add(.binary, random.quick(random.number(0...65_536))) }
    return stream
  }
}
