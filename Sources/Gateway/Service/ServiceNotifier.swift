import Glibc

/// Tells a service manager how the process is doing (sd_notify(3)); silent where none asked to be told.
struct ServiceNotifier: Sendable {
  /// `NOTIFY_SOCKET`: a path, or an abstract name that begins with `@`.
  private let socket: String?
  /// Half of what the manager waits for between two signs of life; nil where it does not wait for any.
  let watchdog: Duration?

  init(environment: [String: String], pid: pid_t = getpid()) {
    socket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
    watchdog = isOurs ? environment["WATCHDOG_USEC"].flatMap { Int($0) }.map { .microseconds($0 / 2) } : nil
  }

  /// Serving, for the first time or again after a reload.
  func ready() { send("READY=1") }

  func reloading() {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    send("RELOADING=1\nMONOTONIC_USEC=\(Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1_000)")
  }

  /// - Parameter limit: how long that may take, so that the manager does not kill before.
  func stopping(within limit: Duration) {
    send("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(limit.milliseconds * 1_000)")
  }

  func alive() { send("WATCHDOG=1") }

  private func send(_ text: String) {
    guard let socket else { return }
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(socket.utf8)
    // The first byte of an abstract name is 0 (unix(7)), and its length is part of it.
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count + (name[0] == 0 ? 0 : 1))
    let bytes = Array(text.utf8)
    _ = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), $0, length)
      }
    }
  }
}
