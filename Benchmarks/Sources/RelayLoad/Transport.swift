import CLoadOpenSSL
import Glibc

/// A connected, non-blocking socket, with TLS or without.
final class Transport {
  enum Outcome {
    case moved(Int)
    /// Nothing moved until the socket is readable (TLS may answer a write with this).
    case waitToRead
    case waitToWrite
    case ended
    case failed
  }

  let descriptor: Int32
  private let session: OpaquePointer?
  /// Says what went wrong after `.failed`.
  private(set) var reason = ""

  /// Takes the ownership of `descriptor`.
  init(descriptor: Int32, tls: TLSContext?) throws(Failure) {
    self.descriptor = descriptor
    session = try tls?.makeSession(descriptor: descriptor)
  }

  deinit {
    if let session { SSL_free(session) }
    close(descriptor)
  }

  static func disableDelay(_ descriptor: Int32) {
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// True while decrypted or undecrypted bytes wait inside the TLS session, where epoll cannot see them.
  @inline(__always)
  var holdsInput: Bool {
    guard let session else { return false }
    return SSL_has_pending(session) == 1
  }

  @inline(__always)
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    if let session {
      let count = SSL_read(session, buffer.baseAddress, Int32(buffer.count))
      return count > 0 ? .moved(Int(count)) : outcome(of: session, count)
    }
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    if count > 0 { return .moved(count) }
    return count == 0 ? .ended : outcome(blocked: .waitToRead)
  }

  @inline(__always)
  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    if let session {
      let count = SSL_write(session, bytes.baseAddress, Int32(bytes.count))
      return count > 0 ? .moved(Int(count)) : outcome(of: session, count)
    }
    let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    return count >= 0 ? .moved(count) : outcome(blocked: .waitToWrite)
  }

  /// Says goodbye on the TLS layer, where there is one.
  func finish() {
    if let session { SSL_shutdown(session) }
    ERR_clear_error()
  }

  private func outcome(blocked: Outcome) -> Outcome {
    if errno == EAGAIN || errno == EINTR { return blocked }
    reason = String(cString: strerror(errno))
    return .failed
  }

  private func outcome(of session: OpaquePointer, _ result: Int32) -> Outcome {
    let error = errno
    switch SSL_get_error(session, result) {
    case SSL_ERROR_WANT_READ: return .waitToRead
    case SSL_ERROR_WANT_WRITE: return .waitToWrite
    case SSL_ERROR_ZERO_RETURN: return .ended
    case SSL_ERROR_SYSCALL: reason = String(cString: strerror(error))
    default: reason = TLSContext.latestError()
    }
    ERR_clear_error()
    return .failed
  }
}
