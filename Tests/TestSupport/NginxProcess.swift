import Glibc

/// nginx as a test's own process, with one `server` of the test's.
public final class NginxProcess {
  private let folder: TemporaryFolder
  private let child: ChildProcess
  public let port: UInt16

  /// Starts it and waits until it accepts.
  ///
  /// - Parameter server: `server` blocks; nginx cannot choose a port itself, so it is given one to listen on.
  public init(_ server: (_ port: UInt16) -> String) throws {
    let port = try LoopbackPort.free()
    let folder = TemporaryFolder()
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder.file($0));" }
    // One process, so that there is one to end.
    let file = try folder.write(
      "nginx.conf",
      """
      daemon off; master_process off; pid \(folder.file("pid")); error_log stderr;
      events {}
      http { access_log off; \(places.joined(separator: " ")) \(server(port)) }
      """)
    self.port = port
    self.folder = folder
    child = try ChildProcess(["env", "PATH=/usr/sbin:/usr/bin:/bin", "nginx", "-p", folder.path, "-c", file])
    for _ in 0..<1_000 where !LoopbackPort.accepts(port) {
      guard !child.hasEnded else { break }
      usleep(20_000)
    }
    guard LoopbackPort.accepts(port) else {
      _ = kill(child.pid, SIGKILL)
      _ = try? child.finish()
      throw ChildProcess.Failure(description: "nginx does not accept: \(child.text)")
    }
  }
}
