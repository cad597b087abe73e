/// One connection of the echo server.
final class EchoSession {
  private enum Phase { case head, frames, finishing }

  let transport: Transport
  /// What epoll is asked to watch for.
  private(set) var interest = Epoll.readable
  private var phase = Phase.head
  private var head: [UInt8] = []
  private var scanner = FrameScanner()
  private var outbox = Outbox()

  init(_ transport: Transport) { self.transport = transport }

  /// Reads and answers what is there. `output` must have room for 16 bytes more than `input`. Answers false at the end.
  func serve(input: UnsafeMutableRawBufferPointer, output: UnsafeMutableRawBufferPointer) -> Bool {
    if !outbox.isEmpty, !flush() { return false }
    guard outbox.isEmpty else { return true }
    repeat {
      switch transport.read(into: input) {
      case .moved(let count):
        guard receive(UnsafeRawBufferPointer(rebasing: input[..<count]), output) else { return false }
      case .waitToRead: interest = Epoll.readable; return true
      case .waitToWrite: interest = Epoll.writable; return true
      case .ended, .failed: return false
      }
    } while transport.holdsInput && outbox.isEmpty
    return true
  }

  private func receive(_ bytes: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) -> Bool {
    switch phase {
    case .frames: return echo(bytes, output)
    case .finishing: return true
    case .head:
      head += bytes
      guard let length = Opening.headLength(head) else { return head.count < Opening.maximumHead }
      guard let response = Opening.response(to: String(decoding: head[..<length], as: UTF8.self)) else { return false }
      outbox.append(response.utf8)
      let early = Array(head[length...])
      head = []
      phase = .frames
      return flush() && (early.isEmpty || early.withUnsafeBytes { echo($0, output) })
    }
  }

  /// Turns client frames into server frames: the same without the mask. A ping becomes a pong; a Close is its own answer.
  private func echo(_ bytes: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) -> Bool {
    var position = 0, filled = 0
    let target = output.baseAddress!
    while let piece = scanner.next(in: bytes, &position) {
      let opcode = piece.header.opcode
      if opcode == FrameHeader.pong { continue }
      if piece.isFirst {
        let first = opcode == FrameHeader.ping ? 0x80 | FrameHeader.pong : piece.header.first
        filled += FrameHeader.write(first: first, length: piece.header.length, to: target + filled)
      }
      Mask.copy(UnsafeRawBufferPointer(rebasing: bytes[piece.payload]), to: target + filled, key: piece.header.mask, offset: piece.offset)
      filled += piece.payload.count
      if opcode == FrameHeader.close && piece.isLast {
        phase = .finishing
        break
      }
    }
    return send(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<filled]))
  }

  private func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var sent = 0
    if outbox.isEmpty, !bytes.isEmpty {
      switch transport.write(bytes) {
      case .moved(let count): sent = count
      case .waitToRead, .waitToWrite: break
      case .ended, .failed: return false
      }
    }
    if sent < bytes.count { outbox.append(bytes[sent...]) }
    return flush()
  }

  /// False once the session is over, be it by an error or because the answer to a Close is out.
  private func flush() -> Bool {
    switch outbox.flush(to: transport) {
    case .moved:
      interest = Epoll.readable
      if phase == .finishing { transport.finish() }
      return phase != .finishing
    case .waitToRead: interest = Epoll.readable; return true
    case .waitToWrite: interest = Epoll.writable; return true
    case .ended, .failed: return false
    }
  }
}
