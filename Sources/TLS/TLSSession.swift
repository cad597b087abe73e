import COpenSSL
import Glibc

/// One TLS connection, sole owner of its SSL object, in two phases.
///
/// 1. On memory buffers: the caller moves ciphertext (`feed`, `drain`), so the handshake needs no socket and runs anywhere.
/// 2. After `attach`: on a non-blocking socket, which `read`, `write` and `shutdown` use directly.
///
/// In both, `read` and `write` never allocate unless they fail. Any thrown error is final: free the session.
public struct TLSSession: ~Copyable, Sendable {
  public enum Progress: Equatable, Sendable {
    case done
    /// Send what is pending, then feed what the peer answers.
    case wantsRead
  }

  public enum ReadOutcome: Equatable, Sendable {
    case bytes(Int)
    /// Nothing until more ciphertext arrives.
    case wouldBlock
    /// `wouldBlock`, and attached only: an answer of the session (to a key update) found the socket full. Read again when it is readable or
    /// writable.
    case wantsWrite
    /// The peer sent close_notify or ended the transport. Writing is still allowed.
    case closed
  }

  public enum WriteOutcome: Equatable, Sendable {
    /// So many bytes are accepted; with a large buffer fewer than given (at most one record of 16 KB).
    case bytes(Int)
    /// Attached only: the socket is full. Write the same bytes again, from any address, with at least the same length.
    case wouldBlock
  }

  /// Addresses as integers because pointers are not Sendable; `~Copyable` is what makes passing them on sound.
  @usableFromInline let sslBits: UInt
  private var inboundBits: UInt
  private var outboundBits: UInt
  private let context: TLSContext
  private let target: ResumptionTarget?
  private let expectedName: String?
  /// Address of the `TLSSocket`; 0 in the memory phase.
  private var socketBits: UInt = 0
  /// Plaintext bytes that are encrypted and not yet reported as written, because the socket has not taken all of their record.
  private var owed = 0
  private var closeNotifySent = false
  /// Ciphertext that has come since the last application data.
  private var barren = 0
  /// Most of it, several records of the largest size: a peer may ask for new keys (RFC 8446 section 4.6.3), but not as if there were nothing
  /// else to say.
  private static let barrenLimit = 64 << 10
  /// A server's: the client has no ticket yet.
  private var owesTicket: Bool
  private var failed = false

  @usableFromInline var ssl: OpaquePointer? { unsafe OpaquePointer(bitPattern: sslBits) }
  private var inbound: OpaquePointer? { unsafe OpaquePointer(bitPattern: inboundBits) }
  private var outbound: OpaquePointer? { unsafe OpaquePointer(bitPattern: outboundBits) }
  private var socket: UnsafeMutablePointer<TLSSocket>? { unsafe UnsafeMutablePointer(bitPattern: socketBits) }

  init(context: TLSContext, name: ServerName?, port: Int) throws(TLSError) {
    ERR_clear_error()
    guard let ssl = unsafe SSL_new(context.pointer) else { throw .setting(reason: TLSError.queuedReason()) }
    guard let inbound = unsafe BIO_new(BIO_s_mem()), let outbound = unsafe BIO_new(BIO_s_mem()) else {
      unsafe SSL_free(ssl)
      throw .setting(reason: "out of memory")
    }
    unsafe SSL_set_bio(ssl, inbound, outbound)
    if let name, unsafe !TLSSession.expect(name, on: ssl) {
      unsafe SSL_free(ssl)
      throw .setting(reason: "server name \"\(name.text)\": \(TLSError.queuedReason())")
    }
    sslBits = UInt(bitPattern: ssl)
    inboundBits = UInt(bitPattern: inbound)
    outboundBits = UInt(bitPattern: outbound)
    self.context = context
    owesTicket = name == nil
    expectedName = name?.text
    target =
      if let cache = context.resumption, let name { ResumptionTarget(cache: cache, peer: .init(name: name.text, port: port)) } else { nil }
    if name == nil { unsafe SSL_set_accept_state(ssl) } else { unsafe SSL_set_connect_state(ssl) }
    if let target {
      unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(target).toOpaque())
      if let earlier = target.cache.take(for: target.peer) { unsafe SSL_set_session(ssl, earlier.pointer) }
    }
  }

  deinit {
    // OpenSSL makes a session unfit for resumption when it is freed without a close_notify. TLS 1.1 gave that rule up (RFC 4346 section
    // 7.2.1), and a relay's connections often end with the transport. A failed session keeps the old treatment.
    if unsafe !failed && SSL_is_init_finished(ssl) == 1 { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
    unsafe SSL_free(ssl)
    if let socket = unsafe socket {
      unsafe socket.deinitialize(count: 1)
      unsafe socket.deallocate()
    }
  }

  /// SNI, and the name that the certificate must carry.
  private static func expect(_ name: ServerName, on ssl: OpaquePointer) -> Bool {
    let parameters = unsafe SSL_get0_param(ssl)
    unsafe X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    if name.isAddress { return unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, name.text) == 1 }
    return unsafe SSL_set1_host(ssl, name.text) == 1 && COpenSSL_set_tlsext_host_name(ssl, name.text) == 1
  }
}

// MARK: - phase 1

extension TLSSession {
  /// Advances the handshake as far as the ciphertext fed so far allows. Ciphertext may be pending afterwards in every outcome, also on an
  /// error: the alert that tells the peer.
  public mutating func handshake() throws(TLSError) -> Progress {
    ERR_clear_error()
    let result = unsafe SSL_do_handshake(ssl)
    if result == 1 {
      barren = 0
      return .done
    }
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsRead
    case SSL_ERROR_ZERO_RETURN, SSL_ERROR_SYSCALL:
      failed = true
      ERR_clear_error()
      throw .closedEarly
    default:
      failed = true
      if let error = unsafe TLSError.verification(SSL_get_verify_result(ssl), host: expectedName) {
        ERR_clear_error()
        throw error
      }
      throw .handshake(reason: TLSError.queuedReason())
    }
  }

  /// Gives the session ciphertext that came from the peer. Memory phase only; nothing happens after `attach`.
  public mutating func feed(_ ciphertext: UnsafeRawBufferPointer) {
    guard inboundBits != 0 else { return }
    barren += ciphertext.count
    var rest = unsafe ciphertext
    while unsafe !rest.isEmpty {
      let count = unsafe BIO_write(inbound, rest.baseAddress, Int32(clamping: rest.count))
      guard count > 0 else { return }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[Int(count)...])
    }
  }

  /// `feed` from memory that the compiler keeps an eye on.
  public mutating func feed(_ ciphertext: RawSpan) {
    unsafe ciphertext.withUnsafeBytes { unsafe feed($0) }
  }

  /// The peer ended its side of the transport: `handshake` fails, `read` yields what is left and then `.closed`.
  public mutating func feedEnd() {
    if inboundBits != 0 { unsafe COpenSSL_BIO_set_mem_eof_return(inbound, 0) }
  }

  /// Whether ciphertext waits to be sent to the peer.
  public var hasPendingCiphertext: Bool { unsafe outboundBits != 0 && BIO_ctrl_pending(outbound) > 0 }

  /// Hands all pending ciphertext to `body`, which must take all of it; it is gone afterwards. `body` is not called when there is none.
  public mutating func withPendingCiphertext<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    guard hasPendingCiphertext else { return }
    try unsafe body(pendingBytes(of: outbound))
    _ = unsafe COpenSSL_BIO_reset(outbound)
  }

  /// All pending ciphertext; empty when there is none.
  public mutating func drain() -> [UInt8] {
    var bytes: [UInt8] = []
    unsafe withPendingCiphertext { unsafe bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Moves the session to a connected, non-blocking socket, which stays the caller's: it must outlive the session and is not closed by it.
  /// Before: the handshake is done, `read` said `.wouldBlock` (a partial record may stay inside), and pending ciphertext is sent. After:
  /// call `read` once, since plaintext may already be inside, which the kernel will not report.
  /// - Throws: `.protocol` when bytes would be lost.
  public mutating func attach(descriptor: Int32) throws(TLSError) {
    guard unsafe SSL_is_init_finished(ssl) == 1 else { throw .protocol(reason: "attach before the end of the handshake") }
    guard inboundBits != 0, unsafe BIO_ctrl_pending(inbound) == 0 else { throw .protocol(reason: "attach with unread ciphertext") }
    guard !hasPendingCiphertext else { throw .protocol(reason: "attach with unsent ciphertext") }
    let socket = UnsafeMutablePointer<TLSSocket>.allocate(capacity: 1)
    unsafe socket.initialize(to: TLSSocket(descriptor: descriptor))
    guard let bio = unsafe TLSSocket.makeBIO(socket) else {
      unsafe socket.deinitialize(count: 1)
      unsafe socket.deallocate()
      throw .setting(reason: "out of memory")
    }
    socketBits = UInt(bitPattern: socket)
    inboundBits = 0
    outboundBits = 0
    unsafe SSL_set_bio(ssl, bio, bio)
  }

  /// Whether the session is on a socket.
  public var isAttached: Bool { socketBits != 0 }
}

// MARK: - both phases

extension TLSSession {
  /// Decrypts into `buffer`, which must not be empty. One call yields at most one record (16 KB); call until it says `.wouldBlock`, or use
  /// `pending`.
  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> ReadOutcome {
    if let socket = unsafe socket {
      if unsafe socket.pointee.isHolding { unsafe socket.pointee.flush() }
      if unsafe socket.pointee.isOverfull { throw refuse("the peer does not read the answers that it asks for") }
      unsafe socket.pointee.taken = 0
    }
    ERR_clear_error()
    let count = unsafe SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
    if count > 0 {
      barren = 0
      return .bytes(Int(count))
    }
    let systemError = errno
    switch unsafe SSL_get_error(ssl, count) {
    case SSL_ERROR_WANT_READ:
      barren += unsafe socket?.pointee.taken ?? 0
      if barren > Self.barrenLimit { throw refuse("\(barren) bytes of records without application data") }
      // With plaintext owed, `write` has said already that it waits for the socket.
      return unsafe owed == 0 && socket?.pointee.isHolding == true ? .wantsWrite : .wouldBlock
    case SSL_ERROR_ZERO_RETURN: return .closed
    case let kind: throw fail(kind, systemError)
    }
  }

  /// Encrypts and, when attached, sends. An empty buffer is `.bytes(0)`.
  public mutating func write(_ plaintext: UnsafeRawBufferPointer) throws(TLSError) -> WriteOutcome {
    if unsafe plaintext.isEmpty { return .bytes(0) }
    if socketBits != 0, let outcome = try resumeWrite() { return outcome }
    ERR_clear_error()
    // RFC 8446 section 4.6.1 lets a server choose the moment. Right behind the handshake, the client is about to write its request: clients
    // that read on one thread and write on another, over one SSL object without a lock, then take the ticket in while they write, and
    // some wait for ever (CPython before 3.13 with `websockets.sync`: 1 opening in 60). With the answer, nobody writes. Nothing in TLS 1.2.
    if owesTicket {
      owesTicket = false
      _ = unsafe SSL_new_session_ticket(ssl)
    }
    let count = unsafe SSL_write(ssl, plaintext.baseAddress, Int32(clamping: plaintext.count))
    guard count > 0 else {
      let systemError = errno
      throw unsafe fail(SSL_get_error(ssl, count), systemError)
    }
    if socketBits != 0, unsafe socket?.pointee.isClear == false {
      owed = Int(count)
      return try resumeWrite() ?? .bytes(Int(count))
    }
    return .bytes(Int(count))
  }

  /// Gets what is held onto the socket first. nil when nothing was held and nothing is owed: go on with new plaintext.
  private mutating func resumeWrite() throws(TLSError) -> WriteOutcome? {
    guard let socket = unsafe socket else { return nil }
    if unsafe owed == 0 && socket.pointee.isClear { return nil }
    unsafe socket.pointee.flush()
    let failure = unsafe socket.pointee.failure
    if failure != 0 { throw fail(SSL_ERROR_SYSCALL, failure) }
    if unsafe socket.pointee.isHolding { return .wouldBlock }
    if owed == 0 { return nil }
    defer { owed = 0 }
    return .bytes(owed)
  }

  /// `read` into memory that the compiler keeps an eye on.
  public mutating func read(into buffer: inout MutableRawSpan) throws(TLSError) -> ReadOutcome {
    try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(TLSError) in try unsafe read(into: bytes) }
  }

  /// `write` from memory that the compiler keeps an eye on.
  public mutating func write(_ plaintext: RawSpan) throws(TLSError) -> WriteOutcome {
    try unsafe plaintext.withUnsafeBytes { (bytes) throws(TLSError) in try unsafe write(bytes) }
  }

  /// Sends close_notify, which ends our direction; reading goes on (RFC 8446 section 6.1). Write everything first. Failures are ignored:
  /// the transport's end follows anyway.
  /// - Returns: false when the socket is full and the call must be repeated once it is writable.
  @discardableResult
  public mutating func shutdown() -> Bool {
    // A repeated SSL_shutdown would wait for the peer's close_notify and take its data for an error.
    if unsafe !closeNotifySent && !failed && SSL_is_init_finished(ssl) == 1 {
      closeNotifySent = true
      _ = unsafe SSL_shutdown(ssl)
      ERR_clear_error()
    }
    unsafe socket?.pointee.flush()
    return unsafe socket?.pointee.isHolding != true
  }

  /// Whether bytes are held inside the session, read from the transport and not yet returned: a whole record, or (with read-ahead) only a
  /// part of one, in which case `read` says `.wouldBlock`.
  public var pending: Bool { unsafe SSL_has_pending(ssl) == 1 }

  /// The peer costs more than it may.
  private mutating func refuse(_ reason: String) -> TLSError {
    failed = true
    return .protocol(reason: reason)
  }

  private mutating func fail(_ kind: Int32, _ systemError: Int32) -> TLSError {
    failed = true
    defer { ERR_clear_error() }
    if kind == SSL_ERROR_SYSCALL {
      switch systemError {
      case 0, ECONNRESET, EPIPE, ENOTCONN: return .closedEarly
      default:
        errno = systemError
        return .protocol(reason: lastSystemError())
      }
    }
    return .protocol(reason: TLSError.queuedReason())
  }
}

// MARK: - what was agreed

extension TLSSession {
  /// nil before the handshake is done.
  public var protocolVersion: TLSVersion? {
    guard unsafe SSL_is_init_finished(ssl) == 1 else { return nil }
    return unsafe TLSVersion(number: SSL_version(ssl))
  }

  /// OpenSSL's name of the cipher suite; nil before one is agreed.
  public var cipher: String? {
    guard let name = unsafe SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)), unsafe SSL_get_current_cipher(ssl) != nil else { return nil }
    return unsafe String(cString: name)
  }

  /// The protocol chosen by ALPN; nil when none was.
  public var negotiatedALPN: String? {
    var start: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &start, &length)
    guard length > 0, let start = unsafe start else { return nil }
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(length)), as: UTF8.self)
  }

  /// Whether the handshake resumed an earlier session.
  public var wasResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }

  /// Subject of the peer's verified certificate (RFC 4514), such as `CN=alice,O=Example`; nil when it sent none.
  public var peerSubject: String? { peerCertificate?.subject }

  /// Subject alternative names of the peer's verified certificate, as `DNS:`, `EMAIL:`, `URI:` and `IP:` texts.
  public var peerAlternativeNames: [String] { peerCertificate?.alternativeNames ?? [] }

  private var peerCertificate: Certificate? {
    guard let certificate = unsafe SSL_get1_peer_certificate(ssl) else { return nil }
    return unsafe Certificate(adopting: certificate)
  }
}
