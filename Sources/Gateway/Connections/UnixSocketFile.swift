import Glibc
import NIOCore
import Relay

/// The file that a Unix socket listens at: made with its permissions, in place of one where nobody listens any more.
struct UnixSocketFile: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let path: String
  private let device: dev_t
  private let inode: ino_t

  /// Makes it, by binding a socket that does not listen yet.
  ///
  /// - Parameter mode: permission bits of the file; who may write to it may connect.
  init(_ path: String, binding socket: borrowing Descriptor, mode: mode_t) throws(Failure) {
    try Self.removeStale(path)
    let descriptor = socket.rawValue
    // Before it has a name, so that at no time it is open to more than it should be (less the umask, which bind(2) applies).
    guard fchmod(descriptor, mode) == 0, unsafe Self.call(path, { unsafe Glibc.bind(descriptor, $0, $1) }) else {
      throw Failure(description: Self.text(errno))
    }
    var status = stat()
    guard unsafe chmod(path, mode) == 0, unsafe lstat(path, &status) == 0 else { throw Failure(description: Self.text(errno)) }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  /// Removes the file, unless another has taken its place.
  func remove() {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
    _ = unsafe unlink(path)
  }

  private static func removeStale(_ path: String) throws(Failure) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw Failure(description: "the file exists and is no socket") }
    let socket = try makeSocket()
    let descriptor = socket.rawValue
    guard unsafe !call(path, { unsafe connect(descriptor, $0, $1) }) else { throw Failure(description: "somebody listens there already") }
    // Refused: the file is what a process left that ended without removing it. Anything else is not for us to judge.
    guard errno == ECONNREFUSED else { throw Failure(description: text(errno)) }
    guard unsafe unlink(path) == 0 else { throw Failure(description: text(errno)) }
  }

  /// A socket to listen on.
  static func makeSocket() throws(Failure) -> Descriptor {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw Failure(description: text(errno)) }
    return Descriptor(adopting: socket)
  }

  private static func call(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Bool {
    guard let address = try? SocketAddress(unixDomainSocketPath: path) else { return false }
    return unsafe address.withSockAddr { pointer, length in unsafe body(pointer, socklen_t(length)) } == 0
  }

  private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
