import Glibc
import Synchronization

/// A program started for one test, with pipes for its input and its merged output; ended by its own pid.
public final class ChildProcess {
  /// Milliseconds without output after which a test fails: far more than anything here takes.
  private let patience: Int32 = 60_000

  public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) {
      self.description = description
    }
  }

  public let pid: pid_t
  private let input: Int32
  private let output: Int32
  private var inputOpen = true
  private var reaped: Int32?
  public private(set) var text = ""
  private var waited = 0

  /// One at a time: between a pipe and its flag another child could inherit an end, and keep it open.
  private static let starting = Mutex(())

  public init(_ arguments: [String]) throws {
    (pid, input, output) = try Self.starting.withLock { _ in try Self.start(arguments) }
  }

  private static func start(_ arguments: [String]) throws -> (pid: pid_t, input: Int32, output: Int32) {
    var stdinPipe: [Int32] = [0, 0]
    var stdoutPipe: [Int32] = [0, 0]
    guard unsafe pipe(&stdinPipe) == 0, unsafe pipe(&stdoutPipe) == 0 else { throw Failure(description: "pipe: \(errno)") }
    for end in stdinPipe + stdoutPipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, stdinPipe[0], 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, stdoutPipe[1], 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, stdoutPipe[1], 2)
    // A write to a child that has ended must not end the test; the children themselves start as they would from a shell.
    signal(SIGPIPE, SIG_IGN)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    // Threads of a test runner block signals, and a child would begin with those of the thread that starts it.
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    let result = unsafe posix_spawnp(&pid, arguments[0], &actions, &attributes, &words, environ)
    close(stdinPipe[0])
    close(stdoutPipe[1])
    guard result == 0 else {
      close(stdinPipe[1])
      close(stdoutPipe[0])
      throw Failure(description: "\(arguments[0]): cannot start, error \(result)")
    }
    return (pid, stdinPipe[1], stdoutPipe[0])
  }

  deinit {
    if inputOpen { close(input) }
    close(output)
    if reaped == nil {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      unsafe waitpid(pid, &status, 0)
    }
  }

  public func write(_ line: String) throws {
    let bytes = Array(line.utf8)
    guard unsafe Glibc.write(input, bytes, bytes.count) == bytes.count else { throw Failure(description: "write to child: \(errno)") }
  }

  public func closeInput() {
    if inputOpen { close(input) }
    inputOpen = false
  }

  /// Reads output until it contains `needle` behind what was waited for before.
  public func wait(for needle: String) throws {
    while true {
      let rest = String(text.dropFirst(waited))
      if let range = rest.range(of: needle) {
        waited += rest.distance(from: rest.startIndex, to: range.upperBound)
        return
      }
      guard try readSome() else { throw Failure(description: "child ended before \"\(needle)\": \(text)") }
    }
  }

  /// Whether the process has ended.
  public var hasEnded: Bool {
    guard reaped == nil else { return true }
    var status: Int32 = 0
    guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return false }
    reaped = status
    return true
  }

  /// Reads output to its end; returns the exit status.
  public func finish() throws -> Int32 {
    closeInput()
    while try readSome() {}
    var status = reaped ?? 0
    if reaped == nil { unsafe waitpid(pid, &status, 0) }
    reaped = status
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  /// The number behind `prefix` in the output, such as a port.
  public func number(after prefix: String) throws -> UInt16 {
    while true {
      if let range = text.range(of: prefix) {
        let rest = text[range.upperBound...]
        let digits = rest.prefix { $0.isNumber }
        if digits.endIndex < rest.endIndex, let number = UInt16(digits) { return number }
      }
      guard try readSome() else { throw Failure(description: "child ended before \"\(prefix)\": \(text)") }
    }
  }

  private func readSome() throws -> Bool {
    var event = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&event, 1, patience) > 0 else { throw Failure(description: "child says nothing more after: \(text)") }
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(output, &chunk, chunk.count)
    guard count > 0 else { return false }
    text += String(decoding: chunk[..<count], as: UTF8.self)
    return true
  }

  /// Runs to the end; fails on a non-zero status.
  @discardableResult
  public static func run(_ arguments: [String]) throws -> String {
    let child = try ChildProcess(arguments)
    let status = try child.finish()
    guard status == 0 else { throw Failure(description: "\(arguments.joined(separator: " ")): status \(status): \(child.text)") }
    return child.text
  }
}

extension String {
  /// First occurrence, without Foundation.
  public func range(of needle: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
      start = index(after: start)
    }
    return nil
  }
}
