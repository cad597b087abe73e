import Glibc

/// Files that are read whole, with a limit, at start and reload.
public enum SmallFile {
  /// Reads a file of at most `limit` bytes. Throws what the system says, such as `No such file or directory`.
  public static func read(_ path: String, limit: Int = 4 << 20) throws(FileError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(path: path, errno)
      }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw FileError(path: path, reason: "larger than \(Units.text(bytes: limit))") }
    }
  }

  /// The permission bits, or nil where there is no such file.
  public static func mode(of path: String) -> UInt32? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  /// Whether this process may read the file.
  public static func isReadable(_ path: String) -> Bool {
    unsafe access(path, R_OK) == 0
  }

  static func secret(at path: String) throws(SecretError) -> String {
    do {
      return String(decoding: try read(path, limit: 64 << 10), as: UTF8.self)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }
}

/// A file that could not be read.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var reason: String

  init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  init(path: String, _ code: CInt) {
    self.init(path: path, reason: Self.text(code))
  }

  public var description: String { "'\(path)' cannot be read: \(reason)" }

  /// Whether there is no such file, rather than one that cannot be read.
  public var isAbsent: Bool { reason == Self.text(ENOENT) }

  static func text(_ code: CInt) -> String {
    switch code {
    case ENOENT: "no such file"
    case EACCES: "permission denied"
    case EISDIR: "it is a directory"
    default: "error \(code)"
    }
  }
}
