import COpenSSL

/// What all sessions of one listener or one upstream share: versions, ciphers, trust, identity and, for a client, the sessions that can be
/// resumed. Immutable once made, so one context serves every thread.
public final class TLSContext: Sendable {
  /// Owner of the SSL_CTX. Its address is an integer because pointers are not Sendable, although an SSL_CTX is: it locks and counts by
  /// itself.
  private struct Handle: ~Copyable, Sendable {
    let bits: UInt
    var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: bits) }
    deinit { unsafe SSL_CTX_free(pointer) }
  }

  private let handle: Handle
  let isServer: Bool
  /// Client sessions kept for resumption; nil on a server, whose tickets are self-contained, or when turned off.
  public let resumption: ResumptionCache?
  /// Of the own certificate; nil without one.
  public let certificateDates: CertificateDates?

  var pointer: OpaquePointer? { unsafe handle.pointer }

  /// - Throws: `.file` for a CA, certificate or key that cannot be used, `.setting` for anything else.
  public init(client settings: ClientSettings) throws(TLSError) {
    handle = try unsafe TLSContext.make(TLS_client_method(), settings.minimumVersion, settings.maximumVersion)
    let context = unsafe handle.pointer
    isServer = false
    resumption = settings.resumptionPeers > 0 ? ResumptionCache(peers: settings.resumptionPeers) : nil
    certificateDates = if let identity = settings.identity { try unsafe TLSContext.install(identity, in: context) } else { nil }

    unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    switch settings.trust {
    case .system:
      guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
        throw .setting(reason: "no system trust: \(TLSError.queuedReason())")
      }
    case .only(let authorities):
      try unsafe TLSContext.trust(authorities, in: context)
      // Lets an intermediate, or the server's own certificate, be the anchor that the file names.
      unsafe X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }
    if !settings.applicationProtocols.isEmpty {
      let list = try TLSContext.protocolList(settings.applicationProtocols)
      // Unlike its siblings this function returns 0 for success.
      guard unsafe SSL_CTX_set_alpn_protos(context, list, UInt32(list.count)) == 0 else { throw .setting(reason: "application protocols") }
    }
    if resumption != nil {
      _ = unsafe COpenSSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL))
      unsafe SSL_CTX_sess_set_new_cb(context, ResumptionCache.keepSession)
    } else {
      _ = unsafe COpenSSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
    }
  }

  /// - Throws: `.file` for a CA, certificate or key that cannot be used, `.setting` for anything else.
  public init(server settings: ServerSettings) throws(TLSError) {
    handle = try unsafe TLSContext.make(TLS_server_method(), settings.minimumVersion, settings.maximumVersion)
    let context = unsafe handle.pointer
    isServer = true
    resumption = nil
    certificateDates = try unsafe TLSContext.install(settings.identity, in: context)

    // Tickets carry the whole session; a memory cache beside them would only grow. None goes out by itself: `TLSSession` sends one with its
    // first answer.
    _ = unsafe COpenSSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
    unsafe SSL_CTX_set_num_tickets(context, 0)
    let name: [UInt8] = Array("voxgate".utf8)
    unsafe SSL_CTX_set_session_id_context(context, name, UInt32(name.count))
    unsafe SSL_CTX_set_alpn_select_cb(context, selectHTTP1, nil)

    switch settings.clientCertificates {
    case .none: unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
    case .optional(let authorities):
      try unsafe TLSContext.trust(authorities, in: context, namingThem: true)
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    case .required(let authorities):
      try unsafe TLSContext.trust(authorities, in: context, namingThem: true)
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
  }

  /// A session for one outgoing connection, on memory buffers; the first `handshake()` produces the ClientHello.
  /// - Parameters:
  ///   - serverName: DNS name (sent as SNI and verified) or IP address (verified as one, RFC 6066 allows no SNI for it).
  ///   - port: only tells peers apart in the resumption cache.
  public func makeClientSession(serverName: String, port: Int = 443) throws(TLSError) -> TLSSession {
    guard !isServer else { throw .setting(reason: "a server context makes no client sessions") }
    return try TLSSession(context: self, name: ServerName(serverName), port: port)
  }

  /// A session for one accepted connection, on memory buffers.
  public func makeServerSession() throws(TLSError) -> TLSSession {
    guard isServer else { throw .setting(reason: "a client context makes no server sessions") }
    return try TLSSession(context: self, name: nil, port: 0)
  }
}

extension TLSContext {
  /// TLS 1.2 suites with forward secrecy and AEAD only (RFC 9325 section 4.2); those of TLS 1.3 are all fit.
  private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
  private static let groups = "X25519:P-256:P-384"

  private static func make(_ method: OpaquePointer?, _ lowest: TLSVersion, _ highest: TLSVersion) throws(TLSError) -> Handle {
    guard lowest <= highest else { throw .setting(reason: "minimum version \(lowest) is above maximum version \(highest)") }
    ERR_clear_error()
    guard let created = unsafe SSL_CTX_new(method) else { throw .setting(reason: TLSError.queuedReason()) }
    let handle = Handle(bits: UInt(bitPattern: created))
    let context = unsafe handle.pointer
    // RELEASE_BUFFERS gives an idle session's 34 KB back. Moving, partial writes: the relay's pending bytes move and grow between retries.
    _ = unsafe COpenSSL_CTX_set_mode(
      context, Int(SSL_MODE_RELEASE_BUFFERS) | Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
    // IGNORE_UNEXPECTED_EOF: without it a bare FIN is answered with a fatal alert and what was to be written is lost.
    _ = unsafe SSL_CTX_set_options(
      context, COpenSSL_OP_IGNORE_UNEXPECTED_EOF | COpenSSL_OP_NO_RENEGOTIATION | COpenSSL_OP_NO_COMPRESSION)
    _ = unsafe COpenSSL_CTX_set_read_ahead(context, 1)
    guard unsafe COpenSSL_CTX_set_min_proto_version(context, lowest.number) == 1,
      unsafe COpenSSL_CTX_set_max_proto_version(context, highest.number) == 1,
      unsafe SSL_CTX_set_cipher_list(context, ciphers) == 1,
      unsafe COpenSSL_CTX_set1_groups_list(context, groups) == 1
    else { throw .setting(reason: TLSError.queuedReason()) }
    return handle
  }

  /// Installs chain and key; returns when the leaf is valid.
  private static func install(_ identity: TLSIdentity, in context: OpaquePointer?) throws(TLSError) -> CertificateDates? {
    let chain = try identity.certificate.certificates()
    let key = try identity.key.privateKey()
    ERR_clear_error()
    guard unsafe X509_check_private_key(chain[0].pointer, key.pointer) == 1 else {
      ERR_clear_error()
      throw .file(path: identity.key.label, reason: "private key does not match the first certificate of \(identity.certificate.label)")
    }
    guard unsafe SSL_CTX_use_certificate(context, chain[0].pointer) == 1 else {
      throw .file(path: identity.certificate.label, reason: "certificate refused: \(TLSError.queuedReason())")
    }
    for certificate in chain.dropFirst() {
      guard unsafe COpenSSL_CTX_add1_chain_cert(context, certificate.pointer) == 1 else {
        throw .file(path: identity.certificate.label, reason: "chain certificate refused: \(TLSError.queuedReason())")
      }
    }
    guard unsafe SSL_CTX_use_PrivateKey(context, key.pointer) == 1 else {
      throw .file(path: identity.key.label, reason: "private key refused: \(TLSError.queuedReason())")
    }
    return chain[0].dates
  }

  /// - Parameter namingThem: also send the authorities' names to the client, which picks its certificate by them.
  private static func trust(_ authorities: PEM, in context: OpaquePointer?, namingThem: Bool = false) throws(TLSError) {
    let store = unsafe SSL_CTX_get_cert_store(context)
    for certificate in try authorities.certificates() {
      guard unsafe X509_STORE_add_cert(store, certificate.pointer) == 1 else {
        throw .file(path: authorities.label, reason: "certificate refused: \(TLSError.queuedReason())")
      }
      if namingThem { unsafe SSL_CTX_add_client_CA(context, certificate.pointer) }
    }
  }

  /// RFC 7301 section 3.1: each name behind its length.
  private static func protocolList(_ names: [String]) throws(TLSError) -> [UInt8] {
    var list: [UInt8] = []
    for name in names {
      guard let length = UInt8(exactly: name.utf8.count), length > 0 else {
        throw .setting(reason: "application protocol \"\(name)\": expected 1 to 255 bytes")
      }
      list.append(length)
      list.append(contentsOf: name.utf8)
    }
    return list
  }
}

/// ALPN on the server: `http/1.1`, which WebSocket needs (RFC 6455 section 4.1), or the fatal alert of RFC 7301 section 3.2.
private let selectHTTP1:
  @convention(c) (
    OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?, UInt32,
    UnsafeMutableRawPointer?
  ) -> Int32 = { _, chosen, chosenLength, offered, offeredLength, _ in
    let wanted: StaticString = "http/1.1"
    guard let offered = unsafe offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let list = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    var index = 0
    while index < list.count {
      let start = index + 1
      let length = unsafe Int(list[index])
      guard start + length <= list.count else { break }
      if unsafe length == wanted.utf8CodeUnitCount && memcmp(offered + start, wanted.utf8Start, length) == 0 {
        unsafe chosen?.pointee = offered + start
        unsafe chosenLength?.pointee = UInt8(length)
        return SSL_TLSEXT_ERR_OK
      }
      index = start + length
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }
