import COpenSSL
import Glibc
@testable import TLS

/// A session on a connected loopback socket, driven by blocking calls: the pump that the gateway's handler and reactor are in earnest.
struct Link: ~Copyable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Milliseconds after which a silent peer fails the test instead of hanging it.
  static let patience: Int32 = 20_000

  var session: TLSSession
  let descriptor: Int32

  init(_ session: consuming TLSSession, on descriptor: Int32) {
    self.session = session
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  mutating func handshake() throws {
    while true {
      let result: Result<TLSSession.Progress, TLSError>
      do { result = .success(try session.handshake()) } catch { result = .failure(error) }
      try flush()
      if try result.get() == .done { return }
      try fill()
    }
  }

  mutating func send(_ text: String) throws { try send(Array(text.utf8)) }

  mutating func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let outcome = try unsafe session.write(rest.span.bytes)
      switch outcome {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .wouldBlock: try wait(POLLOUT)
      }
      try flush()
    }
  }

  /// Reads until `count` bytes arrived or the peer ended.
  mutating func receive(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count < count {
      let outcome = try session.read(filling: &chunk)
      switch outcome {
      case .bytes(let count): bytes += chunk[..<count]
      case .wouldBlock:
        try flush()
        try fill()
      case .wantsWrite: try wait(POLLOUT)
      case .closed: return bytes
      }
    }
    return bytes
  }

  mutating func receiveText(_ count: Int) throws -> String { String(decoding: try receive(count), as: UTF8.self) }

  mutating func shutdown() throws {
    while !session.shutdown() { try wait(POLLOUT) }
    try flush()
  }

  /// Drains what is readable and moves the session to the socket; returns the plaintext that had arrived already.
  mutating func attach() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while case .bytes(let count) = try session.read(filling: &chunk) {
      bytes += chunk[..<count]
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    try session.attach(descriptor: descriptor)
    return bytes
  }

  /// Sends the pending ciphertext.
  mutating func flush() throws {
    let descriptor = descriptor
    try unsafe session.withPendingCiphertext { (bytes) throws(Failure) in
      guard unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
        throw Failure(description: "send: \(errno)")
      }
    }
  }

  /// Waits for input; in the memory phase also feeds it.
  private mutating func fill() throws {
    try wait(POLLIN)
    if session.isAttached { return }
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
    if count > 0 {
      MemoryPair.feed(chunk[..<count], to: &session)
    } else {
      session.feedEnd()
    }
  }

  func waitForInput() throws { try wait(POLLIN) }

  private func wait(_ events: Int32) throws {
    var event = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    guard unsafe poll(&event, 1, Link.patience) > 0 else { throw Failure(description: "peer is silent") }
  }

  /// Ends our direction of the transport without a close_notify.
  func finish() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }
}

extension TLSSession {
  mutating func read(filling chunk: inout [UInt8]) throws(TLSError) -> ReadOutcome {
    var space = chunk.mutableSpan
    var bytes = unsafe space.mutableBytes
    return try read(into: &bytes)
  }
}

/// Loopback TCP.
struct Loopback: ~Copyable {
  let descriptor: Int32
  let port: UInt16

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    self.descriptor = descriptor
    var address = Loopback.address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, address, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard bound else { throw Link.Failure(description: "listen: \(errno)") }
  }

  deinit { close(descriptor) }

  func accept() throws -> Int32 {
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&event, 1, Link.patience) > 0 else { throw Link.Failure(description: "nobody connects") }
    let accepted = Glibc.accept(descriptor, nil, nil)
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    return accepted
  }

  static func connect(port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = address(port: port)
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard connected else {
      close(descriptor)
      throw Link.Failure(description: "connect: \(errno)")
    }
    var on: Int32 = 1
    unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    return descriptor
  }

  private static func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return address
  }
}
