import CLinux
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
  // Not a plain reference, so that a look at it does not count one.
  private var other: Unmanaged<Leg>?
  private let secure: SecureSocket?
  var passage: TransparentPassage
  /// In the passage's place where messages are compressed anew.
  let recoded: RecodedPassage?
  /// Input that waits until the other leg takes more, or others have had their turn, since it may become a multiple of itself.
  var held: [UInt8]?
  /// Waits for its turn.
  var isInTurn = false
  var keepAlive: KeepAlive?

  // What epoll has been told; `isRegistered` is false while a broken socket waits for its peer to drain.
  var interest: Epoll.Events = []
  var isRegistered = false
  /// Broken while it may not be read: epoll would report it for ever, so it comes back only to be read.
  var isParked = false
  /// A TLS read that cannot go on before a write (a key update's answer) wants to be woken by writability.
  private(set) var readWantsWrite = false

  private var pending = PendingBytes()
  private let bufferLimit: Int32
  /// Control frames of the gateway's own that wait for a frame boundary.
  var injections: [UInt8] = []
  /// Messages of the gateway's own that wait for a message boundary.
  var tellings: [UInt8] = []
  /// Pings of the input under way.
  var pings = 0
  /// The most recent ping that came while not all could be answered.
  var latePong: [UInt8]?
  /// Nothing can be written any more; what the peer sent before is still there to be read.
  private(set) var isBroken = false
  /// The socket had no room for the close_notify, and the FIN waits behind it.
  private var owesEnd = false

  var closeQueued = false
  var closeSent = false
  var closeReceived = false
  var hasEnded = false
  var finSent = false
  private(set) var isDead = false
  var lastReceived: Int64
  /// When a data frame, or a part of one, was last relayed: pings keep a connection open, not a session busy.
  var lastData: Int64
  /// When the socket last took something, or something began to wait for it.
  var lastTaken: Int64
  var lingerDeadline: Int64 = .max
  var bytesReceived: UInt64 = 0

  init(
    _ party: Party, _ transport: consuming LegTransport, to outgoing: LegTransport.Compression?, terms: RelayTerms,
    inspector: (any Inspector)?, now: Int64
  ) {
    self.party = party
    let compression = transport.compression
    descriptor = transport.descriptor.release()
    secure = transport.tls == nil ? nil : SecureSocket(transport.tls)
    recoded = RecodedPassage(from: party, compression, to: outgoing, terms: terms, inspector: inspector)
    let rules = FrameRules(
      receiver: party.receiver, allowsRSV1: compression != nil, maximumFrame: terms.maximumFrame, maximumMessage: terms.maximumMessage)
    passage = TransparentPassage(rules: rules, inspector: recoded == nil ? inspector : nil)
    let own = party == .downstream ? terms.downstream : terms.upstream
    keepAlive = own.pingInterval.map { KeepAlive(interval: $0, timeout: own.pingTimeout) }
    bufferLimit = Int32(clamping: max(1, own.buffer))
    lastReceived = now
    lastData = now
    lastTaken = now
  }

  /// What comes from now on passes as it is, before the eyes of an inspector; nothing is compressed.
  func pass(by inspector: (any Inspector)?, terms: RelayTerms) {
    let rules = FrameRules(receiver: party.receiver, maximumFrame: terms.maximumFrame, maximumMessage: terms.maximumMessage)
    passage = TransparentPassage(rules: rules, inspector: inspector)
  }

  /// The place of an upstream that is not there: a leg that is dead from the start.
  init(absent party: Party, terms: RelayTerms, now: Int64) {
    self.party = party
    descriptor = -1
    secure = nil
    recoded = nil
    passage = TransparentPassage(rules: FrameRules(receiver: party.receiver))
    bufferLimit = 1
    lastReceived = now
    lastData = now
    lastTaken = now
    isDead = true
  }

  /// Moves TLS from its memory BIOs to the socket. False: it cannot go on.
  func attachTLS() -> Bool {
    guard let secure else { return true }
    return (try? secure.session?.attach(descriptor: descriptor)) != nil
  }

  /// Says where the leg belongs, before any byte is relayed; again when its peer is replaced.
  func join(_ session: RelaySession, beside leg: Leg) {
    unsafe owner = session
    unsafe other = Unmanaged.passUnretained(leg)
  }

  var session: RelaySession { unsafe owner.unsafelyUnwrapped }
  var peer: Leg { unsafe other.unsafelyUnwrapped.takeUnretainedValue() }

  /// A leg is read while the other one takes what it is given. Whether it takes anything itself does not matter: a client may send all it
  /// has before it reads.
  var mayBeRead: Bool {
    if isDead || hasEnded { return false }
    let (isFull, isGone) = unsafe other.unsafelyUnwrapped._withUnsafeGuaranteedRef { ($0.isFull, $0.isDead) }
    return closeReceived || (held == nil && (isGone || !isFull))
  }

  /// What epoll gives back for this leg.
  var token: UInt64 { UInt64(UInt(bitPattern: unsafe Unmanaged.passUnretained(self).toOpaque())) }

  var isTLS: Bool { secure != nil }
  var isBlocked: Bool { !pending.isEmpty || owesEnd }
  /// So much waits that the other leg must not be read.
  var isFull: Bool { pendingCount >= Int(bufferLimit) }
  var pendingCount: Int { pending.count }
  /// Decrypted or undecrypted bytes inside the TLS session, which epoll cannot report.
  var hasHeldBytes: Bool { secure?.session?.pending ?? false }

  // What the other leg gets is made of what comes from this one.

  /// Whole data messages that have come.
  var messages: UInt64 { recoded?.messages ?? passage.messages }
  /// What has come, for the record.
  var traffic: SessionOutcome.Traffic {
    SessionOutcome.Traffic(messages: messages, bytes: bytesReceived, audio: recoded?.audio ?? passage.audio)
  }
  /// The other leg has a part of a frame: nothing may be injected there.
  var isInsideFrame: Bool { passage.isInsideFrame }
  /// Something waits for the next boundary between two frames for this leg.
  var isAwaitingBoundary: Bool { !injections.isEmpty || !tellings.isEmpty }
  /// The other leg has a part of a message: no other message may be injected there.
  var isInsideMessage: Bool { recoded?.isInsideMessage ?? passage.isInsideMessage }
  /// The closing handshake is over on this leg, or the leg is gone.
  var isDone: Bool { isDead || (closeSent && closeReceived) }

  // MARK: Bytes

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received {
    if let secure { return unsafe receive(from: secure, into: buffer) }
    while true {
      let count = unsafe clinux_receive(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .ended }
      // What is reported once must be read.
      if errno != EINTR { return errno == EAGAIN ? .blocked : .lost }
    }
  }

  private func receive(from secure: SecureSocket, into buffer: UnsafeMutableRawBufferPointer) -> Received {
    readWantsWrite = false
    do throws(TLSError) {
      switch try unsafe secure.session?.read(into: buffer) {
      case nil: return .lost
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
    guard !isBlocked else { return unsafe pending.append(bytes, limit: Int(bufferLimit)) }
    var rest = unsafe bytes
    while rest.count > 0 {
      let written = unsafe write(rest)
      if written < 0 { return breakOff() }
      if written == 0 { break }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      // A plain socket that took less than it was given is full; TLS goes record by record.
      if secure == nil, rest.count > 0 { break }
    }
    if rest.count > 0 { unsafe pending.append(rest, limit: Int(bufferLimit)) }
  }

  /// Tries again to write what is kept.
  func flush() {
    while !pending.isEmpty {
      let written = unsafe write(pending.bytes)
      if written < 0 { return breakOff() }
      if written == 0 { return }
      pending.remove(written)
    }
    if owesEnd { sendEnd() }
  }

  /// A write has failed. What the peer said before it went, a Close frame perhaps, can still be read; the shutdown makes sure that its end
  /// is reported.
  private func breakOff() {
    isBroken = true
    pending = PendingBytes()
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Bytes written, 0 when the socket is full, -1 when it is lost.
  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    if let secure {
      do throws(TLSError) {
        switch try unsafe secure.session?.write(bytes) {
        case .bytes(let count): return count
        case .wouldBlock: return 0
        case nil: return -1
        }
      } catch {
        return -1
      }
    }
    let count = unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count)
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : -1
  }

  // MARK: Ending

  /// Says that nothing more will be sent: close_notify and FIN.
  func finish() {
    guard !finSent, !isDead else { return }
    finSent = true
    sendEnd()
  }

  private func sendEnd() {
    owesEnd = secure?.session?.shutdown() == false
    if !owesEnd { _ = shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// Closes the socket and frees what was kept.
  func bury() {
    guard !isDead else { return }
    isDead = true
    secure?.session = nil
    close(descriptor)
    pending = PendingBytes()
    owesEnd = false
    injections = []
    tellings = []
    held = nil
  }

  deinit {
    bury()
  }
}

/// The TLS session of a leg: in memory of its own, which plain legs do not have.
private final class SecureSocket {
  var session: TLSSession?

  init(_ session: consuming TLSSession?) {
    self.session = consume session
  }
}
