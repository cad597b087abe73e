import Glibc

/// One connection of the load generator.
final class LoadSession {
  enum Phase { case opening, open, closing, ended }

  private(set) var phase = Phase.opening
  /// Why the session ended before it was closed.
  private(set) var failure: String?
  /// Echoes received since the session opened.
  private(set) var received = 0
  /// When the session was started, and after that the latest message. Nanoseconds.
  var since: Int64
  /// What epoll is asked to watch for.
  private(set) var interest = Epoll.readable | Epoll.writable
  let transport: Transport

  private let message: LoadMessage
  private var head: [UInt8] = []
  private var scanner = FrameScanner()
  private var echoed = 0
  private var ping: [UInt8] = []
  /// Control frames and the opening request; they go between two messages.
  private var control = Outbox()
  private var owed = 0
  private var sent = 0
  private var closeIsQueued = false

  init(_ transport: Transport, _ message: LoadMessage, now: Int64) {
    self.transport = transport
    self.message = message
    since = now
    control.append(message.request)
  }

  /// Sends one more message.
  @inline(__always)
  func send() {
    owed += 1
    flush()
  }

  /// Sends a Close after what is still to be sent; the session ends when the other side ends it.
  func close() {
    guard phase == .open else { return }
    phase = .closing
    flush()
  }

  /// Moves on what can move. Errors show in `phase` and `failure`.
  @inline(__always)
  func advance(_ buffer: UnsafeMutableRawBufferPointer) {
    if interest & Epoll.writable != 0 || phase == .opening { flush() }
    repeat {
      guard phase != .ended else { return }
      switch transport.read(into: buffer) {
      case .moved(let count): receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      case .waitToRead: return
      case .waitToWrite: interest |= Epoll.writable; return
      case .ended: end("the other side ended the connection")
      case .failed: end(transport.reason)
      }
    } while transport.holdsInput
  }

  private func end(_ reason: String) {
    if phase != .closing { failure = phase == .opening ? "while opening: \(reason)" : reason }
    phase = .ended
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) {
    guard phase == .opening else { return scan(bytes) }
    head += bytes
    guard let length = Opening.headLength(head) else {
      if head.count > Opening.maximumHead { end("the head of the response is too long") }
      return
    }
    if let refusal = Opening.refusal(in: String(decoding: head[..<length], as: UTF8.self), accept: message.accept) {
      return end(refusal)
    }
    phase = .open
    let early = Array(head[length...])
    head = []
    early.withUnsafeBytes { scan($0) }
  }

  private func scan(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    while let piece = scanner.next(in: bytes, &position) {
      let part = UnsafeRawBufferPointer(rebasing: bytes[piece.payload])
      if piece.header.isControl { receiveControl(piece, part) } else { receiveData(piece, part) }
      if phase == .ended { return }
    }
  }

  /// Compares with what was sent; the echo may be cut into frames otherwise than the message was.
  @inline(__always)
  private func receiveData(_ piece: FrameScanner.Piece, _ part: UnsafeRawBufferPointer) {
    let matches = message.payload.withUnsafeBytes { sent in
      echoed + part.count <= sent.count && (part.isEmpty || memcmp(part.baseAddress!, sent.baseAddress! + echoed, part.count) == 0)
    }
    let opcode = piece.header.opcode
    guard matches, piece.header.mask == 0, opcode == message.opcode || opcode == FrameHeader.continuation else {
      return end("an echo differs from its message")
    }
    echoed += part.count
    guard piece.isLast, piece.header.isFinal else { return }
    guard echoed == message.payload.count else { return end("an echo is shorter than its message") }
    echoed = 0
    received += 1
  }

  private func receiveControl(_ piece: FrameScanner.Piece, _ part: UnsafeRawBufferPointer) {
    ping += part
    guard piece.isLast else { return }
    switch piece.header.opcode {
    case FrameHeader.ping:
      control.append(message.pong(ping))
      flush()
    case FrameHeader.close:
      if phase == .open { end("the other side closed with \(ping.prefix(2).reduce(0) { $0 << 8 | Int($1) })") }
    default: break
    }
    ping = []
  }

  private func flush() {
    guard phase != .ended else { return }
    while true {
      var outcome = Transport.Outcome.moved(0)
      if sent == 0 && !control.isEmpty {
        outcome = control.flush(to: transport)
      } else if owed > 0 {
        outcome = message.frame.withUnsafeBytes { transport.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
        if case .moved(let count) = outcome { sent += count }
        if sent == message.frame.count { (owed, sent) = (owed - 1, 0) }
      } else if phase == .closing && !closeIsQueued {
        closeIsQueued = true
        control.append(message.closeFrame)
      } else {
        interest = Epoll.readable
        return
      }
      switch outcome {
      case .moved: continue
      case .waitToRead: interest = Epoll.readable; return
      case .waitToWrite: interest = Epoll.readable | Epoll.writable; return
      case .ended: return end("the other side ended the connection")
      case .failed: return end(transport.reason)
      }
    }
  }
}
