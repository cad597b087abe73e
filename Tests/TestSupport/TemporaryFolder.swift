import Glibc

/// A folder of a test's own, removed with everything in it when the test lets go of it.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() {
    var template = Array("/tmp/voxgate-test-XXXXXX".utf8CString)
    path = unsafe String(cString: mkdtemp(&template))
  }

  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult
  public func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
    let path = file(name)
    guard let stream = unsafe fopen(path, "w") else { throw ChildProcess.Failure(description: "cannot write \(path): \(errno)") }
    unsafe fputs(text, stream)
    unsafe fclose(stream)
    unsafe chmod(path, mode)
    return path
  }

  deinit {
    _ = try? ChildProcess.run(["rm", "-rf", path])
  }
}
