import Glibc

/// Two connected, non-blocking sockets: `near` is meant for the reactor, `far` for the test.
struct SocketPair {
  enum Kind: CaseIterable {
    /// TCP on the loopback interface.
    case tcp
    /// A pair of local sockets: cheap, and with exactly known buffers.
    case local
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let near: Int32
  let far: Int32

  /// - Parameter buffer: size of all four kernel buffers, as setsockopt takes it.
  init(_ kind: Kind = .tcp, buffer: Int32? = nil) throws {
    (near, far) = kind == .tcp ? try Self.tcp(buffer) : try Self.local(buffer)
    for socket in [near, far] { _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) }
  }

  private static func local(_ buffer: Int32?) throws -> (Int32, Int32) {
    var sockets: [Int32] = [0, 0]
    guard unsafe socketpair(AF_UNIX, type, 0, &sockets) == 0 else { throw Failure(description: "socketpair: \(errno)") }
    for socket in sockets { limit(socket, buffer) }
    return (sockets[0], sockets[1])
  }

  private static func tcp(_ buffer: Int32?) throws -> (Int32, Int32) {
    let listener = socket(AF_INET, type, 0)
    let far = socket(AF_INET, type, 0)
    defer { close(listener) }
    // The windows are agreed when the connection opens, so the limits come first; an accepted socket inherits its listener's.
    limit(listener, buffer)
    limit(far, buffer)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(listener, address, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, address, &length) == 0
          && connect(far, address, length) == 0
      }
    }
    let near = isConnected ? accept(listener, nil, nil) : -1
    guard near >= 0 else {
      close(far)
      throw Failure(description: "loopback connection: \(errno)")
    }
    for socket in [near, far] {
      _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
      var on: Int32 = 1
      unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    }
    return (near, far)
  }

  private static var type: Int32 { Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) }

  private static func limit(_ socket: Int32, _ buffer: Int32?) {
    guard var buffer else { return }
    unsafe setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, 4)
    unsafe setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &buffer, 4)
  }

  /// The number by which the kernel knows the socket itself, whichever descriptor it is seen through; nil when there is none.
  static func identity(of descriptor: Int32) -> UInt64? {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return UInt64(status.st_ino)
  }

  /// The identities of all sockets this process has open.
  static func allOpen() -> Set<UInt64> {
    Set((0..<20_000 as Range<Int32>).compactMap(identity))
  }
}
