import Glibc

/// The monotonic clock.
enum Clock {
  /// Nanoseconds since some moment before the program started.
  @inline(__always)
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
