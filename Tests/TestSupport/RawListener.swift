import Glibc

/// A server on loopback that a test plays by hand: what connects is a ``RawConnection``.
public final class RawListener {
  private let socket: Int32
  public let port: UInt16

  /// - Parameter listening: false holds the port without taking connections: whoever connects is refused.
  public init(listening: Bool = true) throws {
    let socket = Glibc.socket(AF_INET, RawConnection.type, 0)
    self.socket = socket
    try unsafe RawConnection.call("listen", "127.0.0.1", 0) { address, length in
      unsafe bind(socket, address, length) == 0 && (!listening || listen(socket, 64) == 0) ? 0 : -1
    }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
    }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(socket) }

  /// The next connection, waiting for it.
  public func accept() throws -> RawConnection {
    var event = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&event, 1, 30_000) > 0 else { throw ChildProcess.Failure(description: "nobody connects to port \(port)") }
    let accepted = Glibc.accept(socket, nil, nil)
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    guard accepted >= 0 else { throw ChildProcess.Failure(description: "accept: error \(errno)") }
    return RawConnection(adopting: accepted)
  }
}
