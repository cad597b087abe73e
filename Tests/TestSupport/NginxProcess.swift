import Glibc

/// nginx as a test's own process, with one `server` of the test's.
public final class NginxProcess {
  private let folder: TemporaryFolder
  private let child: ChildProcess
  public let port: UInt16

  public enum Context { case http, stream }

  /// Starts it and waits until it accepts.
  ///
  /// - Parameters:
  ///   - context: `http`, or `stream` for connections that it passes on untouched.
  ///   - server: `server` blocks; nginx cannot choose a port itself, so it is given one to listen on.
  public init(_ context: Context = .http, _ server: (_ port: UInt16) -> String) throws {
    let port = try LoopbackPort.free()
    let folder = TemporaryFolder()
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder.file($0));" }
    let block =
      switch context {
      case .http: "http { access_log off; \(places.joined(separator: " ")) \(server(port)) }"
      case .stream: "stream { \(server(port)) }"
      }
    let module = context == .stream ? "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n" : ""
    // One process, so that there is one to end.
    let file = try folder.write(
      "nginx.conf",
      """
      \(module)daemon off; master_process off; pid \(folder.file("pid")); error_log stderr;
      events {}
      \(block)
      """)
    self.port = port
    self.folder = folder
    child = try ChildProcess(["env", "PATH=/usr/sbin:/usr/bin:/bin", "nginx", "-p", folder.path, "-c", file])
    guard LoopbackPort.waitUntilOpen(port, by: child) else {
      _ = kill(child.pid, SIGKILL)
      _ = try? child.finish()
      throw ChildProcess.Failure(description: "nginx does not accept: \(child.text)")
    }
  }
}
