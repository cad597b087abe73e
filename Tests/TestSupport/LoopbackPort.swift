import Glibc

/// Ports of 127.0.0.1, for programs that cannot be told to choose one themselves.
public enum LoopbackPort {
  /// A free one below those that the system gives to sockets of its own choice, so that nothing else takes it meanwhile.
  public static func free() throws -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 20_000..<32_000)
      if unsafe call(bind, port) { return port }
    }
    throw ChildProcess.Failure(description: "no free port")
  }

  /// Whether somebody listens there.
  public static func accepts(_ port: UInt16) -> Bool { unsafe call(connect, port) }

  /// Waits until somebody listens there, as long as the process that should is running.
  static func waitUntilOpen(_ port: UInt16, by child: ChildProcess) -> Bool {
    for _ in 0..<1_000 {
      if accepts(port) { return true }
      guard !child.hasEnded else { return false }
      usleep(20_000)
    }
    return false
  }

  private static func call(_ operation: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe operation(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
