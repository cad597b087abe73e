import CLoadLinux
import Glibc

/// A `ws://` or `wss://` URL, resolved.
struct Endpoint {
  let isSecure: Bool
  let host: String
  let port: String
  let path: String
  private let address: sockaddr_storage
  private let addressLength: socklen_t

  init(url: String) throws(Failure) {
    let isSecure = url.hasPrefix("wss://")
    guard isSecure || url.hasPrefix("ws://") else { throw .usage("'\(url)': expected ws:// or wss://") }
    let rest = url.dropFirst(isSecure ? 6 : 5)
    let authority = rest.prefix { $0 != "/" }
    try self.init(authority: String(authority), isSecure: isSecure, path: String(rest.dropFirst(authority.count)))
  }

  /// `host:port`.
  init(authority: String, isSecure: Bool = false, path: String = "") throws(Failure) {
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, UInt16(parts[1]) != nil else { throw .usage("'\(authority)': expected host:port") }
    self.isSecure = isSecure
    host = String(parts[0])
    port = String(parts[1])
    self.path = path.isEmpty ? "/" : path

    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, port, &hints, &found)
    guard status == 0, let first = found else {
      throw .unavailable("'\(authority)': \(String(cString: gai_strerror(status)))")
    }
    defer { freeaddrinfo(found) }
    var storage = sockaddr_storage()
    memcpy(&storage, first.pointee.ai_addr, Int(first.pointee.ai_addrlen))
    address = storage
    addressLength = first.pointee.ai_addrlen
  }

  /// A non-blocking socket that has begun to connect here.
  func connect() throws(Failure) -> Int32 {
    let descriptor = try Self.makeSocket()
    let status = withAddress { Glibc.connect(descriptor, $0, $1) }
    if status != 0 && errno != EINPROGRESS {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw .unavailable("connecting to \(host):\(port): \(reason)")
    }
    return descriptor
  }

  /// A non-blocking listening socket at this address, and the port it got.
  func listen() throws(Failure) -> (descriptor: Int32, port: UInt16) {
    let descriptor = try Self.makeSocket()
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    guard withAddress({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 4096) == 0 else {
      throw .unavailable("listening on \(host):\(port): \(String(cString: strerror(errno)))")
    }
    var bound = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &bound) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return (descriptor, UInt16(bigEndian: bound.sin_port))
  }

  private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, addressLength) }
    }
  }

  private static func makeSocket() throws(Failure) -> Int32 {
    let descriptor = load_socket()
    guard descriptor >= 0 else { throw .unavailable("socket: \(String(cString: strerror(errno)))") }
    Transport.disableDelay(descriptor)
    return descriptor
  }
}
