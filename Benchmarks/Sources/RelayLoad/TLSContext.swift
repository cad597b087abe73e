import CLoadOpenSSL

/// What every TLS session of one side shares. Both sides speak TLS 1.3 with AES-128-GCM only, so that every peer under test pays
/// for the same cipher whatever its defaults are.
final class TLSContext {
  private let context: OpaquePointer
  private let serverName: String?

  /// A client that trusts the authority in the file `authority` and expects a certificate for `serverName`.
  init(authority: String, serverName: String) throws(Failure) {
    self.serverName = serverName
    context = try Self.make(TLS_client_method())
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    guard SSL_CTX_load_verify_locations(context, authority, nil) == 1 else {
      throw .unavailable("'\(authority)': \(Self.latestError())")
    }
  }

  /// A server with the certificate chain and key in these PEM files.
  init(certificate: String, key: String) throws(Failure) {
    serverName = nil
    context = try Self.make(TLS_server_method())
    guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
      throw .unavailable("'\(certificate)': \(Self.latestError())")
    }
    guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
      throw .unavailable("'\(key)': \(Self.latestError())")
    }
  }

  deinit { SSL_CTX_free(context) }

  /// A new session on `descriptor`; its handshake runs inside the first reads and writes.
  func makeSession(descriptor: Int32) throws(Failure) -> OpaquePointer {
    guard let session = SSL_new(context), SSL_set_fd(session, descriptor) == 1 else { throw .unavailable(Self.latestError()) }
    if let serverName {
      _ = load_set_server_name(session, serverName)
      SSL_set1_host(session, serverName)
      SSL_set_connect_state(session)
    } else {
      SSL_set_accept_state(session)
    }
    return session
  }

  /// The oldest error in the thread's queue, as text; empties the queue.
  static func latestError() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let reason = ERR_reason_error_string(code) else { return "tls error" }
    return String(cString: reason)
  }

  private static func make(_ method: OpaquePointer?) throws(Failure) -> OpaquePointer {
    guard let context = SSL_CTX_new(method), SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1 else {
      throw .unavailable(latestError())
    }
    load_prepare(context)
    return context
  }
}
