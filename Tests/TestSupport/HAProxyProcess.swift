import Glibc

/// HAProxy as a test's own process, passing connections of one port on.
public final class HAProxyProcess {
  private let folder: TemporaryFolder
  private let child: ChildProcess
  public let port: UInt16

  /// Starts it with one `server` that connections are passed on to as they are.
  ///
  /// - Parameters:
  ///   - bind: options of its `bind` line.
  ///   - server: address and options of its one `server`.
  public convenience init(bind: String = "", server: String) throws {
    try self.init { port in
      """
      global
        maxconn 200
        nbthread 1
      defaults
        mode tcp
        timeout connect 10s
        timeout client 60s
        timeout server 60s
      listen front
        bind 127.0.0.1:\(port) \(bind)
        server gateway \(server)

      """
    }
  }

  /// Starts it and waits until it accepts.
  ///
  /// - Parameter configuration: a whole one; HAProxy cannot choose a port itself, so it is given one to listen on.
  public init(_ configuration: (_ port: UInt16) throws -> String) throws {
    let port = try LoopbackPort.free()
    let folder = TemporaryFolder()
    let file = try folder.write("haproxy.cfg", configuration(port))
    self.port = port
    self.folder = folder
    child = try ChildProcess(["env", "PATH=/usr/sbin:/usr/bin:/bin", "haproxy", "-db", "-f", file])
    guard LoopbackPort.waitUntilOpen(port, by: child) else {
      _ = kill(child.pid, SIGKILL)
      _ = try? child.finish()
      throw ChildProcess.Failure(description: "haproxy does not accept: \(child.text)")
    }
  }
}
