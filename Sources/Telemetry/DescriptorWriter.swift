import Glibc
import Synchronization

/// Writes lines to a descriptor, each whole: one write(2) per line, and one line at a time even where the kernel takes less than that.
final class DescriptorWriter: Sendable {
  /// How long a line waits, in milliseconds, for a reader that is behind on a non-blocking descriptor, before it is lost: a stuck log
  /// reader must not stop the gateway.
  private static let patience: Int32 = 100

  private let descriptor: Int32
  /// Whether the last line was cut off and the next must start on a line of its own.
  private let broken = Mutex(false)

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  func write(_ line: [UInt8]) -> Bool {
    broken.withLock { broken in
      let whole = broken ? [UInt8(ascii: "\n")] + line : line
      let written = push(whole)
      // Nothing written at all leaves the output as it was, so a debt from before stays owed.
      if written > 0 { broken = written < whole.count }
      return written == whole.count
    }
  }

  /// How many bytes were taken.
  private func push(_ bytes: [UInt8]) -> Int {
    var offset = 0
    while offset < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
      }
      if count > 0 {
        offset += count
      } else if count < 0 && errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&wait, 1, Self.patience) > 0 else { return offset }
      } else if count == 0 || errno != EINTR {
        return offset
      }
    }
    return offset
  }
}
