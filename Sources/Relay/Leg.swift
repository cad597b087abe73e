import Glibc
import TLS
import WebSocket

/// One socket of a session: bytes in, bytes out, and what is owed to it. Belongs to one reactor's thread.
@safe final class Leg {
  enum Received {
    case bytes(Int)
    case blocked
    /// The peer sent FIN or close_notify.
    case ended
    case lost
  }

  let party: Party
  let descriptor: Int32
  private unowned(unsafe) var owner: RelaySession?
  private unowned(unsafe) var other: Leg?
  private var tls: TLSSession?
  var passage: TransparentPassage
  var keepAlive: KeepAlive?

  // What epoll has been told; `isRegistered` is false while a broken socket waits for its peer to drain.
  var interest: Epoll.Events = []
  var isRegistered = false
  /// Broken while it may not be read: epoll would report it for ever, so it comes back only to be read.
  var isParked = false
  /// A TLS read that cannot go on before a write (a key update's answer) wants to be woken by writability.
  private(set) var readWantsWrite = false

  // Bytes that a write would not take.
  private var pending: UnsafeMutableRawPointer?
  private var pendingStart = 0
  private var pendingEnd = 0
  private var pendingCapacity = 0
  private let bufferLimit: Int
  /// Frames of the gateway's own that wait for a frame boundary.
  var injections: [UInt8] = []
  /// The most recent ping that came while nothing could be answered.
  var latePong: [UInt8]?
  /// Nothing can be written any more; what the peer sent before is still there to be read.
  private(set) var isBroken = false

  /// What this leg is told in place of its peer's Close: it broke the protocol.
  var verdict: ClosePayload?
  var closeQueued = false
  var closeSent = false
  var closeReceived = false
  var hasEnded = false
  var finSent = false
  private(set) var isDead = false
  var lastReceived: Int64
  /// When a data frame, or a part of one, was last relayed: pings keep a connection open, not a session busy.
  var lastData: Int64
  /// What the keepalive has been told of `lastReceived`.
  var lastHeard: Int64
  var lingerDeadline: Int64 = .max
  var bytesReceived: UInt64 = 0

  init(_ party: Party, _ transport: consuming LegTransport, terms: RelayTerms, now: Int64) {
    self.party = party
    descriptor = transport.descriptor.release()
    tls = transport.tls
    // The gateway is the server of the downstream leg and the client of the upstream leg (RFC 6455 section 5.1).
    passage = TransparentPassage(
      rules: FrameRules(
        receiver: party == .downstream ? .server : .client, maximumFrame: terms.maximumFrame, maximumMessage: terms.maximumMessage))
    let own = party == .downstream ? terms.downstream : terms.upstream
    keepAlive = own.pingInterval.map { KeepAlive(interval: $0, timeout: own.pingTimeout, now: now) }
    bufferLimit = max(1, own.buffer)
    lastReceived = now
    lastData = now
    lastHeard = now
  }

  /// Moves TLS from its memory BIOs to the socket. False: it cannot go on.
  func attachTLS() -> Bool {
    guard tls != nil else { return true }
    return (try? tls!.attach(descriptor: descriptor)) != nil
  }

  /// Says where the leg belongs; called once, before any byte is relayed.
  func join(_ session: RelaySession, beside leg: Leg) {
    unsafe owner = session
    unsafe other = leg
  }

  var session: RelaySession { unsafe owner.unsafelyUnwrapped }
  var peer: Leg { unsafe other.unsafelyUnwrapped }

  /// What epoll gives back for this leg.
  var token: UInt64 { UInt64(UInt(bitPattern: unsafe Unmanaged.passUnretained(self).toOpaque())) }

  var isTLS: Bool { tls != nil }
  var isBlocked: Bool { pendingEnd > pendingStart }
  /// So much waits that the other leg must not be read.
  var isFull: Bool { pendingCount >= bufferLimit }
  var pendingCount: Int { pendingEnd - pendingStart }
  /// Decrypted or undecrypted bytes inside the TLS session, which epoll cannot report.
  var hasHeldBytes: Bool { tls?.pending ?? false }
  /// The closing handshake is over on this leg, or the leg is gone.
  var isDone: Bool { isDead || (closeSent && closeReceived) }

  // MARK: Bytes

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received {
    if tls != nil { return unsafe receiveTLS(into: buffer) }
    let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
    if count > 0 { return .bytes(count) }
    if count == 0 { return .ended }
    return errno == EAGAIN || errno == EINTR ? .blocked : .lost
  }

  private func receiveTLS(into buffer: UnsafeMutableRawBufferPointer) -> Received {
    readWantsWrite = false
    do throws(TLSError) {
      switch try unsafe tls!.read(into: buffer) {
      case .bytes(let count): return .bytes(count)
      case .wouldBlock: return .blocked
      case .wantsWrite:
        readWantsWrite = true
        return .blocked
      case .closed: return .ended
      }
    } catch {
      return .lost
    }
  }

  /// Writes what the socket takes and keeps the rest; a broken socket takes everything.
  func send(_ bytes: UnsafeRawBufferPointer) {
    guard !isBroken else { return }
    guard !isBlocked else { return unsafe keep(bytes) }
    var rest = unsafe bytes
    while rest.count > 0 {
      let written = unsafe write(rest)
      if written < 0 { return breakOff() }
      if written == 0 { break }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      // A plain socket that took less than it was given is full; TLS goes record by record.
      if tls == nil, rest.count > 0 { break }
    }
    if rest.count > 0 { unsafe keep(rest) }
  }

  /// Tries again to write what is kept.
  func flush() {
    while isBlocked {
      let written = unsafe write(UnsafeRawBufferPointer(start: pending.unsafelyUnwrapped + pendingStart, count: pendingCount))
      if written < 0 { return breakOff() }
      if written == 0 { return }
      pendingStart += written
    }
    releasePending()
  }

  /// A write has failed. What the peer said before it went, a Close frame perhaps, can still be read; the shutdown makes sure that its end
  /// is reported.
  private func breakOff() {
    isBroken = true
    releasePending()
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Bytes written, 0 when the socket is full, -1 when it is lost.
  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard tls == nil else {
      do throws(TLSError) {
        switch try unsafe tls!.write(bytes) {
        case .bytes(let count): return count
        case .wouldBlock: return 0
        }
      } catch {
        return -1
      }
    }
    let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : -1
  }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    if pendingEnd + bytes.count > pendingCapacity {
      let count = pendingCount
      let capacity = max(4096, count + bytes.count, min(2 * count, bufferLimit))
      let fresh = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
      if count > 0 { unsafe fresh.copyMemory(from: pending.unsafelyUnwrapped + pendingStart, byteCount: count) }
      unsafe pending?.deallocate()
      unsafe pending = fresh
      pendingCapacity = capacity
      pendingStart = 0
      pendingEnd = count
    }
    unsafe (pending.unsafelyUnwrapped + pendingEnd).copyMemory(from: bytes.baseAddress.unsafelyUnwrapped, byteCount: bytes.count)
    pendingEnd += bytes.count
  }

  private func releasePending() {
    unsafe pending?.deallocate()
    unsafe pending = nil
    pendingStart = 0
    pendingEnd = 0
    pendingCapacity = 0
  }

  // MARK: Ending

  /// Says that nothing more will be sent: close_notify and FIN.
  func finish() {
    guard !finSent, !isDead else { return }
    finSent = true
    _ = tls?.shutdown()
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Closes the socket and frees what was kept.
  func bury() {
    guard !isDead else { return }
    isDead = true
    tls = nil
    close(descriptor)
    releasePending()
    injections = []
  }

  deinit {
    bury()
  }
}
