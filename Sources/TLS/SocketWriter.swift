import COpenSSL
import Glibc

/// The sending side of an attached session: OpenSSL always sees its record accepted, and what the socket does not take at once is held
/// here.
///
/// OpenSSL's own socket BIO does not do. A peer's request for new keys (RFC 8446 section 4.6.3) is answered with the next write, but when
/// the peer asks again before that, OpenSSL 3.0 writes the answer inside of `SSL_read`. With a half-sent record of ours in the way that
/// ends the session with `bad length`; with a peer that has sent its last bytes and reset the connection, `SSL_read` fails before those
/// bytes are read. Here the answer queues up, or is lost without harm.
struct SocketWriter {
  let descriptor: Int32
  /// Ciphertext the socket had no room for, at most a few records; empty, without storage, nearly always.
  private var held: [UInt8] = []
  /// How much of `held` is sent.
  private var start = 0
  /// `errno` of a failed send; nothing is sent after it.
  private(set) var failure: Int32 = 0

  init(descriptor: Int32) { self.descriptor = descriptor }

  var isClear: Bool { held.isEmpty && failure == 0 }
  var isHolding: Bool { !held.isEmpty && failure == 0 }

  /// Sends or holds all of it.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    guard failure == 0 else { return }
    var sent = 0
    if held.isEmpty { unsafe (sent, failure) = SocketWriter.send(bytes, to: descriptor) }
    if failure == 0 && sent < bytes.count { unsafe held.append(contentsOf: bytes[sent...]) }
  }

  /// Sends what is held as far as the socket takes it.
  mutating func flush() {
    guard isHolding else { return }
    let (sent, error) = unsafe held.withUnsafeBytes { held in
      unsafe SocketWriter.send(UnsafeRawBufferPointer(rebasing: held[start...]), to: descriptor)
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
}

extension SocketWriter {
  /// A BIO that writes through `writer`, which must outlive it; nil when memory is short.
  static func makeBIO(_ writer: UnsafeMutablePointer<SocketWriter>) -> OpaquePointer? {
    guard let bio = unsafe BIO_new(OpaquePointer(bitPattern: method)) else { return nil }
    unsafe BIO_set_data(bio, writer)
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  /// Address of the BIO_METHOD: a table of two functions that lives as long as the process, as OpenSSL's own do.
  private static let method: UInt = {
    let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket writer")
    unsafe BIO_meth_set_write(method) { bio, bytes, count in
      guard let writer = unsafe BIO_get_data(bio) else { return -1 }
      unsafe writer.assumingMemoryBound(to: SocketWriter.self).pointee.take(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      return count
    }
    // A flush always succeeds; nothing else is asked of a sink.
    unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    return UInt(bitPattern: method)
  }()
}
