import Glibc
import TLS
import WebSocket

/// The far end of a leg: a WebSocket endpoint on blocking calls, which checks every frame it gets.
final class Peer {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// How the stream ended.
  enum End: Equatable {
    case finished
    case reset
  }

  /// Milliseconds after which a silent reactor fails the test instead of hanging it.
  static let patience: Int32 = 10_000

  let role: Role
  let descriptor: Int32
  private var tls: TLSSession?
  private var isOpen = true
  private var assembler: MessageAssembler
  private var deflater: Deflater?
  private var events: [MessageEvent] = []
  private var key: UInt32 = 0x1357_9BDF
  private var surplus: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 256 << 10)
  private(set) var end: End?

  /// - Parameter compression: what was agreed for it with this end; nil where nothing was.
  init(_ role: Role, on descriptor: Int32, tls: consuming TLSSession? = nil, compression: DeflateParameters? = nil) {
    self.role = role
    self.descriptor = descriptor
    self.tls = tls
    var inflater: Inflater?
    if let compression {
      inflater = compression.inflater(for: role, limits: DeflateLimits(maximumMessage: 0, maximumRatio: 0))
      deflater = compression.deflater(for: role, settings: DeflateSettings(minimumSize: 0, textOnly: false))
    }
    assembler = MessageAssembler(receiver: role, maximumMessage: 0, inflater: inflater)
  }

  deinit { close() }

  // MARK: Sending

  private func nextKey() -> UInt32? {
    key = key &* 1_664_525 &+ 1_013_904_223
    return role.masks ? key : nil
  }

  func frame(_ opcode: Opcode, _ payload: [UInt8] = [], fin: Bool = true, rsv1: Bool = false) -> [UInt8] {
    FrameHeader.frame(opcode: opcode, payload: payload, maskKey: nextKey(), fin: fin, rsv1: rsv1)
  }

  /// A message as one frame, compressed where that was agreed.
  func frame(_ message: Message) -> [UInt8] { message.frame(maskKey: nextKey(), deflater: &deflater) }

  /// A message in compressed fragments, with `between` before each but the first.
  func fragments(of message: Message, _ count: Int, between: [UInt8] = []) throws -> [UInt8] {
    var isText = false
    if case .text = message { isText = true }
    guard let payload = deflater?.compress(message.bytes, as: isText ? .text : .binary) else {
      throw Failure(description: "\(role) cannot compress a message")
    }
    var bytes: [UInt8] = []
    let size = payload.count / count
    for index in 0..<count {
      let part = index == count - 1 ? payload[(index * size)...] : payload[(index * size)..<((index + 1) * size)]
      let opcode: Opcode = index > 0 ? .continuation : isText ? .text : .binary
      bytes += (index > 0 ? between : []) + frame(opcode, Array(part), fin: index == count - 1, rsv1: index == 0)
    }
    return bytes
  }

  func send(_ text: String) throws { try send(.text(text)) }

  func send(_ message: Message) throws { try send(raw: frame(message)) }

  func send(_ opcode: Opcode, _ payload: [UInt8] = [], fin: Bool = true) throws { try send(raw: frame(opcode, payload, fin: fin)) }

  func sendClose(_ code: UInt16? = nil, _ reason: String = "") throws {
    try send(.close, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] + Array(reason.utf8) } ?? [])
  }

  func send(raw bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = try trySend(bytes, from: sent)
      if count == 0 { try wait(POLLOUT, "take more") }
      sent += count
    }
  }

  /// Sends what the socket takes now; 0 when it is full.
  func trySend(_ bytes: [UInt8], from start: Int) throws -> Int {
    try unsafe bytes.withUnsafeBytes { bytes in
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
      if tls != nil {
        guard case .bytes(let count) = try unsafe tls!.write(rest) else { return 0 }
        return count
      }
      let count = unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      guard count >= 0 || errno == EAGAIN else { throw Failure(description: "send: \(errno)") }
      return max(0, count)
    }
  }

  /// Bytes sent and not yet acknowledged by the reactor's kernel.
  var unsent: Int32 {
    var count: Int32 = -1
    _ = unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count)
    return count
  }

  // MARK: Receiving

  /// What can be read now; nil when nothing can. After the end it is nil for ever.
  func tryRead() throws -> ArraySlice<UInt8>? {
    if !surplus.isEmpty {
      defer { surplus = [] }
      return surplus[...]
    }
    guard end == nil else { return nil }
    if tls != nil {
      do {
        switch try unsafe chunk.withUnsafeMutableBytes({ (chunk) throws(TLSError) in try unsafe tls!.read(into: chunk) }) {
        case .bytes(let count): return chunk[..<count]
        case .closed: end = .finished
        case .wouldBlock, .wantsWrite: break
        }
      } catch TLSError.closedEarly {
        end = .reset
      }
      return nil
    }
    let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
    if count > 0 { return chunk[..<count] }
    if count == 0 { end = .finished } else if errno != EAGAIN { end = .reset }
    return nil
  }

  /// Waits for bytes; nil at the end of the stream.
  func read() throws -> ArraySlice<UInt8>? {
    while true {
      if let bytes = try tryRead() { return bytes }
      if end != nil { return nil }
      try wait(POLLIN, "say something")
    }
  }

  /// Exactly so many bytes, uninterpreted.
  func receive(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard let more = try read() else { throw Failure(description: "ended after \(bytes.count) of \(count) bytes") }
      bytes += more
    }
    surplus = Array(bytes[count...])
    return Array(bytes[..<count])
  }

  /// The next message, ping, pong or close.
  func next() throws -> MessageEvent {
    while events.isEmpty {
      guard let bytes = try read() else { throw Failure(description: "\(role) expected an event, but the stream ended: \(end!)") }
      try assembler.receive(Array(bytes), into: &events)
    }
    return events.removeFirst()
  }

  /// Events up to the end of the stream.
  func rest() throws -> [MessageEvent] {
    while let bytes = try read() { try assembler.receive(Array(bytes), into: &events) }
    defer { events = [] }
    return events
  }

  /// Whole frames only have come so far.
  var isAtBoundary: Bool { assembler.isAtBoundary }

  /// Waits for the reactor; throws when it has not acted in time.
  private func wait(_ events: Int32, _ expectation: String) throws {
    guard isReady(events, within: Self.patience) else {
      throw Failure(description: "\(role) waited in vain for the reactor to \(expectation)")
    }
  }

  func isReady(_ events: Int32, within milliseconds: Int32) -> Bool {
    var event = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return unsafe poll(&event, 1, milliseconds) > 0
  }

  // MARK: Ending

  /// Ends this direction, with a close_notify under TLS.
  func finish() {
    _ = tls?.shutdown()
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Closes the socket as an application that has crashed would; TLS says nothing.
  func close() {
    guard isOpen else { return }
    isOpen = false
    tls = nil
    Glibc.close(descriptor)
  }

  /// Closes a TCP socket with RST.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  /// Answers the Close frame that comes next, and waits for the end of the stream.
  func answerClose() throws -> ClosePayload {
    guard case .close(let payload) = try next() else { throw Failure(description: "\(role) expected a close frame") }
    try send(.close, payload.encoded)
    return payload
  }

  // MARK: In bulk

  /// Sends `bytes` from one end while the other reads; returns what came there, until `count` bytes did.
  static func pump(_ bytes: [UInt8], from sender: Peer, to receiver: Peer, count: Int? = nil) throws -> [UInt8] {
    let count = count ?? bytes.count
    var received: [UInt8] = []
    received.reserveCapacity(count)
    var sent = 0
    while received.count < count || sent < bytes.count {
      let taken = sent < bytes.count ? try sender.trySend(bytes, from: sent) : 0
      sent += taken
      if let more = try receiver.tryRead() {
        received += more
      } else if taken == 0 {
        guard receiver.end == nil, receiver.isReady(POLLIN, within: patience) else {
          throw Failure(description: "only \(received.count) of \(count) bytes came, \(sent) sent")
        }
      }
    }
    return received
  }
}
