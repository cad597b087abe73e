import Glibc

/// What the scheduler has charged to a process, summed over its threads, from `/proc/PID/task/*/schedstat`.
enum ProcessorTime {
  /// Nanoseconds, or nil where there is no such process.
  static func ofProcess(_ pid: Int32) -> UInt64? {
    guard let directory = opendir("/proc/\(pid)/task") else { return nil }
    defer { closedir(directory) }
    var sum: UInt64 = 0
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      sum += ofThread("/proc/\(pid)/task/\(name)/schedstat")
    }
    return sum
  }

  /// The first number of the file; 0 for a thread that has just ended.
  private static func ofThread(_ path: String) -> UInt64 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 96)
    let count = read(descriptor, &text, text.count)
    return UInt64(String(decoding: text[..<max(0, count)].prefix { $0 != 0x20 }, as: UTF8.self)) ?? 0
  }
}
