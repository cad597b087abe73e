import Glibc

/// Runs a program for what it prints: the way to any secret manager's own client.
enum CommandOutput {
  static let timeout = Duration.seconds(10)
  static let limit = 64 << 10

  /// Runs a program without a shell. It gets the environment given and an empty standard input; its standard error is ours.
  static func secret(of words: [String], environment: [String: String], timeout: Duration = timeout) throws(SecretError) -> String {
    let program = words.first ?? ""
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw .command(program: program, reason: "could not start: \(FileError.text(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let started = spawn(words, environment: environment, output: ends[1])
    close(ends[1])
    guard let process = started.process else {
      throw .command(program: program, reason: "could not start: \(FileError.text(started.error))")
    }
    let deadline = ContinuousClock.now + timeout
    var collected = collect(from: ends[0], deadline: deadline)
    if collected == nil { kill(process, SIGKILL) }
    var status: CInt = 0
    // A program may close its output and go on.
    while unsafe waitpid(process, &status, collected == nil ? 0 : WNOHANG) <= 0, errno != ECHILD {
      if ContinuousClock.now >= deadline {
        collected = nil
        kill(process, SIGKILL)
      }
      usleep(1_000)
    }
    guard let bytes = collected else {
      throw .command(program: program, reason: "took longer than \(Units.text(timeout)) or printed more than \(Units.text(bytes: limit))")
    }
    let signal = status & 0x7F
    guard signal == 0 else { throw .command(program: program, reason: "was ended by signal \(signal)") }
    let code = (status >> 8) & 0xFF
    guard code == 0 else { throw .command(program: program, reason: "failed with exit code \(code)") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Everything until the end; nil when it takes too long or is too much.
  private static func collect(from descriptor: CInt, deadline: ContinuousClock.Instant) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&watched, 1, CInt(max(0, left)))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return nil }
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      bytes += chunk[..<count]
      if bytes.count > limit { return nil }
    }
  }

  private static func spawn(_ words: [String], environment: [String: String], output: CInt) -> (process: pid_t?, error: CInt) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    // Threads of a pool may block signals, and a program would begin with those of the thread that starts it.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var blocked = sigset_t()
    unsafe sigemptyset(&blocked)
    unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
      unsafe arguments.forEach { unsafe free($0) }
      unsafe variables.forEach { unsafe free($0) }
    }
    var process: pid_t = 0
    let result = unsafe posix_spawnp(&process, words.first ?? "", &actions, &attributes, &arguments, &variables)
    return result == 0 ? (process, 0) : (nil, result)
  }
}
