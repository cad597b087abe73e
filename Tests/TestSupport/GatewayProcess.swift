import Glibc

/// `voxgate` as a test's own process, on ports that the system chose; its output goes to a file, so that nobody has to read along.
public final class GatewayProcess {
  private let folder: TemporaryFolder
  private let child: ChildProcess
  private var waited = 0
  /// Of the first listener.
  public private(set) var port: UInt16 = 0
  /// Of the admin address, 0 without one.
  public private(set) var adminPort: UInt16 = 0

  /// Starts `voxgate serve` and waits until it listens.
  ///
  /// - Parameters:
  ///   - yaml: the route table; listeners and admin should have port 0.
  ///   - environment: variables for the process, beside its own.
  ///   - arguments: further ones of `serve`.
  ///   - descriptors: most file descriptors the process may have; as many as the test itself unless given.
  ///   - hasRights: whether it has those of the test, which may be root's, or none beyond anybody's.
  public init(
    _ yaml: String, environment: [String: String] = [:], arguments: [String] = [], descriptors: Int? = nil, hasRights: Bool = true
  ) throws {
    folder = TemporaryFolder()
    let file = try folder.write("upstreams.yaml", yaml)
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let rights = hasRights || geteuid() != 0 ? [] : ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    let limit = descriptors.map { "ulimit -n \($0); " } ?? ""
    child = try ChildProcess(
      ["sh", "-c", limit + #"exec "$@" >"$0" 2>&1"#, folder.file("log"), "env"] + variables + rights + [
        Repository.voxgate, "serve", "--config", file,
      ] + arguments)
    port = try listening(#""message":"listening""#)
    if yaml.contains("\nadmin:") { adminPort = try listening(#""message":"admin listening""#) }
  }

  private func listening(_ marker: String) throws -> UInt16 {
    try waitForLog(marker)
    try waitForLog(#""port":"#)
    guard let port = UInt16(log.dropFirst(waited).prefix { $0.isNumber }) else {
      throw ChildProcess.Failure(description: "no port in the log: \(log)")
    }
    return port
  }

  public var pid: pid_t { child.pid }

  /// Its route table.
  public var file: String { folder.file("upstreams.yaml") }

  /// Writes a file beside it.
  public func write(_ name: String, _ text: String) throws { try folder.write(name, text) }

  /// Replaces the route table at once, as a deployment does.
  public func rewrite(_ yaml: String) throws {
    let next = try folder.write("upstreams.yaml.next", yaml)
    guard unsafe rename(next, file) == 0 else { throw ChildProcess.Failure(description: "rename to \(file): error \(errno)") }
  }

  /// Everything the process has written so far: its log.
  public var log: String { (try? WholeFile.text(folder.file("log"))) ?? "" }

  /// Waits until the log has `needle` behind what was waited for before.
  public func waitForLog(_ needle: String) throws {
    for _ in 0..<3_000 {
      let text = log
      let rest = String(text.dropFirst(waited))
      if let range = rest.range(of: needle) {
        waited += rest.distance(from: rest.startIndex, to: range.upperBound)
        return
      }
      guard !child.hasEnded else { break }
      usleep(20_000)
    }
    throw ChildProcess.Failure(description: "the log has no \"\(needle)\": \(log)")
  }

  /// The first line of the log that has all of these, waiting for it.
  public func logLine(with needles: String...) throws -> String {
    for _ in 0..<3_000 {
      // A line that is still being written has no end yet.
      let lines = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if let line = lines.first(where: { line in needles.allSatisfy { line.contains($0) } }) { return String(line) }
      guard !child.hasEnded else { break }
      usleep(20_000)
    }
    throw ChildProcess.Failure(description: "the log has no line with \(needles): \(log)")
  }

  /// Asks it to drain.
  public func terminate() {
    kill(pid, SIGTERM)
  }

  /// Waits for its end and returns the exit status.
  public func finish() throws -> Int32 {
    try child.finish()
  }

  /// Asks it to drain and returns its exit status.
  @discardableResult
  public func stop() throws -> Int32 {
    terminate()
    return try finish()
  }
}
