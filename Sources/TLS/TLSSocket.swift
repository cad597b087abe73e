import COpenSSL
import Glibc

/// The socket of an attached session, as OpenSSL sees it: what is written is always accepted, and held here where the socket does not take
/// it at once; what is read at a time has an end.
///
/// OpenSSL's own socket BIO does neither. A peer's request for new keys (RFC 8446 section 4.6.3) is answered with the next write, but when
/// the peer asks again before that, OpenSSL 3.0 writes the answer inside of `SSL_read`. With a half-sent record of ours in the way that
/// ends the session with `bad length`; with a peer that has sent its last bytes and reset the connection, `SSL_read` fails before those
/// bytes are read. Here the answer queues up, or is lost without harm. And `SSL_read` goes on until it has data or there is nothing more to
/// read: a peer that sends nothing but such requests would keep it for ever.
struct TLSSocket {
  /// Ciphertext that may wait for a socket that takes nothing, beside the record under way: answers to what the peer asks without reading.
  static let holdingLimit = 64 << 10
  /// Ciphertext after which a read without any data ends as if there were no more: two records of the largest size.
  private static let reach = 32 << 10

  let descriptor: Int32
  /// Ciphertext the socket had no room for; empty, without storage, nearly always.
  private var held: [UInt8] = []
  /// How much of `held` is sent.
  private var start = 0
  /// `errno` of a failed send; nothing is sent after it.
  private(set) var failure: Int32 = 0
  /// Ciphertext read since this was last set to 0, as every `SSL_read` begins.
  var taken = 0
  /// The peer has sent FIN.
  private(set) var hasEnded = false

  init(descriptor: Int32) { self.descriptor = descriptor }

  var isClear: Bool { held.isEmpty && failure == 0 }
  var isHolding: Bool { !held.isEmpty && failure == 0 }
  /// More is held than ``holdingLimit``.
  var isOverfull: Bool { held.count - start > Self.holdingLimit }

  // MARK: Writing

  /// Sends or holds all of it.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    guard failure == 0 else { return }
    var sent = 0
    if held.isEmpty { unsafe (sent, failure) = TLSSocket.send(bytes, to: descriptor) }
    if failure == 0 && sent < bytes.count { unsafe held.append(contentsOf: bytes[sent...]) }
  }

  /// Sends what is held as far as the socket takes it.
  mutating func flush() {
    guard isHolding else { return }
    let (sent, error) = unsafe held.withUnsafeBytes { held in
      unsafe TLSSocket.send(UnsafeRawBufferPointer(rebasing: held[start...]), to: descriptor)
    }
    start += sent
    failure = error
    if failure != 0 || start == held.count {
      held = []
      start = 0
    }
  }

  /// The number of bytes taken, 0 when the socket is full. MSG_NOSIGNAL: the process need not ignore SIGPIPE.
  private static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> (sent: Int, failure: Int32) {
    while true {
      let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return (count, 0) }
      let error = errno
      if error == EAGAIN || error == EWOULDBLOCK { return (0, 0) }
      if error != EINTR { return (0, error) }
    }
  }

  // MARK: Reading

  /// The number of bytes read, 0 at the end; nil when there are none, or enough have been read.
  ///
  /// - Returns: -1 where reading has failed, with `errno`.
  fileprivate mutating func read(into room: UnsafeMutableRawBufferPointer) -> Int? {
    guard taken < Self.reach else { return nil }
    while true {
      let count = unsafe recv(descriptor, room.baseAddress, room.count, 0)
      if count >= 0 {
        taken += count
        hasEnded = count == 0
        return count
      }
      if errno == EAGAIN || errno == EWOULDBLOCK { return nil }
      if errno != EINTR { return -1 }
    }
  }
}

extension TLSSocket {
  /// A BIO that reads and writes through `socket`, which must outlive it; nil when memory is short.
  static func makeBIO(_ socket: UnsafeMutablePointer<TLSSocket>) -> OpaquePointer? {
    guard let bio = unsafe BIO_new(OpaquePointer(bitPattern: method)) else { return nil }
    unsafe BIO_set_data(bio, socket)
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  private static func behind(_ bio: OpaquePointer?) -> UnsafeMutablePointer<TLSSocket>? {
    unsafe BIO_get_data(bio)?.assumingMemoryBound(to: TLSSocket.self)
  }

  /// Address of the BIO_METHOD: a table of functions that lives as long as the process, as OpenSSL's own do.
  private static let method: UInt = {
    let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "attached socket")
    unsafe BIO_meth_set_write(method) { bio, bytes, count in
      guard let socket = unsafe TLSSocket.behind(bio) else { return -1 }
      unsafe socket.pointee.take(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      return count
    }
    unsafe BIO_meth_set_read(method) { bio, bytes, count in
      guard let socket = unsafe TLSSocket.behind(bio) else { return -1 }
      unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      let room = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: Int(count))
      if let count = unsafe socket.pointee.read(into: room) { return Int32(count) }
      unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      return -1
    }
    // A flush always succeeds.
    unsafe BIO_meth_set_ctrl(method) { bio, command, _, _ in
      switch command {
      case BIO_CTRL_FLUSH: 1
      case BIO_CTRL_EOF: unsafe TLSSocket.behind(bio)?.pointee.hasEnded == true ? 1 : 0
      default: 0
      }
    }
    return UInt(bitPattern: method)
  }()
}
