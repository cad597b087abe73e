import Glibc

/// A TCP connection on loopback, or one to a Unix socket, on which a test says exactly what it wants, byte for byte, and reads whatever
/// comes back.
public final class RawConnection {
  /// A whole HTTP answer, or a request head with no body.
  public struct Head: Sendable {
    /// `HTTP/1.1 101 Switching Protocols`, or a request line.
    public let line: String
    public let headers: [(name: String, value: String)]
    public internal(set) var body: [UInt8] = []

    /// The status of an answer, 0 where the line has none.
    public var status: Int { Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Every value of a header, in order.
    public subscript(name: String) -> [String] { headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) }
  }

  /// Milliseconds without a byte after which a test fails: far more than anything here takes.
  private static let patience: Int32 = 30_000

  private let socket: Int32
  private var input: [UInt8] = []
  private var isOpen = true

  /// Connects to a port of 127.0.0.1.
  ///
  /// - Parameter source: the loopback address to come from, such as 127.0.0.2: all of 127.0.0.0/8 is this machine.
  public init(port: UInt16, from source: String? = nil) throws {
    socket = Glibc.socket(AF_INET, Self.type, 0)
    if let source {
      try unsafe Self.call("bind to \(source)", source, 0) { address, length in unsafe bind(socket, address, length) }
    }
    try unsafe Self.call("connect to \(port)", "127.0.0.1", port) { address, length in unsafe connect(socket, address, length) }
    var on: Int32 = 1
    unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
  }

  /// Connects to a Unix socket.
  public init(path: String) throws {
    socket = Glibc.socket(AF_UNIX, Self.type, 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in unsafe room.copyBytes(from: name.prefix(room.count - 1)) }
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw ChildProcess.Failure(description: "connect to \(path): error \(errno)") }
  }

  init(adopting socket: Int32) {
    self.socket = socket
  }

  deinit {
    if isOpen { Glibc.close(socket) }
  }

  static var type: Int32 { Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) }

  static func call(_ what: String, _ host: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    unsafe inet_pton(AF_INET, host, &address.sin_addr)
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard result == 0 else { throw ChildProcess.Failure(description: "\(what): error \(errno)") }
  }

  // MARK: Sending

  public func send(_ text: String) throws { try send(Array(text.utf8)) }

  public func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw ChildProcess.Failure(description: "send: error \(errno)") }
      rest = rest.dropFirst(count)
    }
  }

  /// Sends FIN: nothing more will come from here.
  public func finish() { shutdown(socket, Int32(SHUT_WR)) }

  /// Ends the connection with RST, as a crashed peer's kernel does.
  public func reset() {
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close()
  }

  public func close() {
    if isOpen { Glibc.close(socket) }
    isOpen = false
  }

  // MARK: Reading

  /// What has come and was not taken yet, waiting for some if there is nothing; nil at the end of the connection.
  public func take() throws -> [UInt8]? {
    guard input.isEmpty else {
      defer { input = [] }
      return input
    }
    return try read()
  }

  /// Everything up to the end of the connection.
  public func takeRest() throws -> [UInt8] {
    while let more = try read() { input += more }
    defer { input = [] }
    return input
  }

  /// The head of a request or of an answer, with the body that `Content-Length` announces.
  ///
  /// - Parameter withBody: false for the answer to HEAD, which announces a body that does not come.
  public func head(withBody: Bool = true) throws -> Head {
    while true {
      if let end = Self.endOfHead(input) {
        var head = Self.parse(input[..<end])
        input.removeFirst(end)
        let length = withBody ? Int(head["Content-Length"].first ?? "0") ?? 0 : 0
        while input.count < length, let more = try read() { input += more }
        head.body = Array(input.prefix(length))
        input.removeFirst(min(length, input.count))
        return head
      }
      guard let more = try read() else {
        throw ChildProcess.Failure(description: "the connection ended within a head: \(String(decoding: input, as: UTF8.self))")
      }
      input += more
    }
  }

  private func read() throws -> [UInt8]? {
    var event = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&event, 1, Self.patience) > 0 else { throw ChildProcess.Failure(description: "the peer says nothing more") }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe Glibc.read(socket, &chunk, chunk.count)
    guard count >= 0 else { throw ChildProcess.Failure(description: "read: error \(errno)") }
    return count == 0 ? nil : Array(chunk[..<count])
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
  }

  private static func parse(_ bytes: ArraySlice<UInt8>) -> Head {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map { String($0) }
    let headers = lines.dropFirst().map { line -> (name: String, value: String) in
      guard let range = line.range(of: ": ") else { return (line, "") }
      return (String(line[..<range.lowerBound]), String(line[range.upperBound...]))
    }
    return Head(line: lines.first ?? "", headers: headers)
  }
}
