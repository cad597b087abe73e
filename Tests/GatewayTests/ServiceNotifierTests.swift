import Glibc
import TestSupport
import Testing
@testable import Gateway

/// What a service manager is told (sd_notify(3)), as it hears it.
@Suite struct ServiceNotifierTests {
  private struct Failure: Error {
    let description: String
  }

  /// The manager's end.
  private final class Manager {
    let path: String
    private let socket: Int32
    private let folder = TemporaryFolder()

    init() throws {
      path = folder.file("notify")
      socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let name = Array(path.utf8)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
      let result = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      guard result == 0 else { throw Failure(description: "bind to \(path): error \(errno)") }
    }

    deinit { close(socket) }

    /// The next message, waiting for it.
    func next() throws -> String {
      var event = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&event, 1, 30_000) > 0 else { throw Failure(description: "nothing more is told") }
      var bytes = [UInt8](repeating: 0, count: 4_096)
      let count = unsafe recv(socket, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
  }

  @Test func aLife() throws {
    let manager = try Manager()
    let table = ReloadTable.table("/a: {upstream: vendor}", more: "drain: {delay: 1s, grace: 2s, spread: 3s}")
    let reloading = try ReloadTable(environment: ["NOTIFY_SOCKET": manager.path]) { _ in table }
    #expect(try manager.next() == "READY=1")
    kill(reloading.gateway.pid, SIGHUP)
    let told = try manager.next()
    #expect(told.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") && Int(told.dropFirst("RELOADING=1\nMONOTONIC_USEC=".count)) ?? 0 > 0)
    #expect(try manager.next() == "READY=1")
    // A file that is not put in force is over as well.
    try reloading.gateway.rewrite("garbage")
    #expect(try reloading.reload().status == 422)
    #expect(try manager.next().hasPrefix("RELOADING=1\n"))
    #expect(try manager.next() == "READY=1")
    reloading.gateway.terminate()
    #expect(try manager.next() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=12000000")
    #expect(try reloading.gateway.finish() == 0)
  }

  @Test func signsOfLife() throws {
    let manager = try Manager()
    let reloading = try ReloadTable(environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"]) { _ in
      ReloadTable.table("/a: {upstream: vendor}")
    }
    #expect(try manager.next() == "READY=1")
    for _ in 0..<3 { #expect(try manager.next() == "WATCHDOG=1") }
    #expect(try reloading.gateway.stop() == 0)
  }

  @Test(
    arguments: [
      ([:], nil), (["WATCHDOG_USEC": "3000000"], 1.5), (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "17"], 1.5),
      (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "18"], nil), (["WATCHDOG_USEC": "soon"], nil),
    ] as [([String: String], Double?)])
  func watchdog(_ environment: [String: String], _ seconds: Double?) {
    #expect(ServiceNotifier(environment: environment, pid: 17).watchdog == seconds.map { .seconds($0) })
  }

  /// Where nobody listens, or nobody can be reached, the gateway serves all the same.
  @Test(arguments: ["relative", "/nowhere/notify", "@voxgate-nobody", "/" + String(repeating: "x", count: 200)])
  func nobody(_ socket: String) throws {
    let reloading = try ReloadTable(environment: ["NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "100000"]) { _ in
      ReloadTable.table("/a: {upstream: vendor}")
    }
    #expect(try reloading.reload().status == 200)
    #expect(try reloading.gateway.get("/health").status == 200)
    #expect(try reloading.gateway.stop() == 0)
  }
}
