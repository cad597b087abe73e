/// A certificate chain (leaf first) with its private key.
public struct TLSIdentity: Sendable, Hashable {
  public var certificate: PEM
  public var key: PEM

  public init(certificate: PEM, key: PEM) {
    self.certificate = certificate
    self.key = key
  }

  public init(certificateFile: String, keyFile: String) {
    self.init(certificate: .file(certificateFile), key: .file(keyFile))
  }
}

/// Whom a client believes.
public enum TLSTrust: Sendable, Hashable {
  /// The distribution's authorities (and `SSL_CERT_FILE`, `SSL_CERT_DIR`, which OpenSSL reads).
  case system
  /// Only these certificates: authorities, intermediates, or the server's own.
  case only(PEM)
}

/// How to speak TLS to an upstream. The peer's name is always verified; there is no setting that turns it off.
public struct ClientSettings: Sendable, Hashable {
  public var trust: TLSTrust
  /// Own certificate for servers that ask for one; nil sends none.
  public var identity: TLSIdentity?
  public var minimumVersion: TLSVersion
  public var maximumVersion: TLSVersion
  /// ALPN (RFC 7301), most wanted first; empty offers none.
  public var applicationProtocols: [String]
  /// How many peers (name and port) the resumption cache remembers; 0 turns resumption off.
  public var resumptionPeers: Int

  public init(
    trust: TLSTrust = .system, identity: TLSIdentity? = nil, minimumVersion: TLSVersion = .v12, maximumVersion: TLSVersion = .v13,
    applicationProtocols: [String] = ["http/1.1"], resumptionPeers: Int = 128
  ) {
    self.trust = trust
    self.identity = identity
    self.minimumVersion = minimumVersion
    self.maximumVersion = maximumVersion
    self.applicationProtocols = applicationProtocols
    self.resumptionPeers = resumptionPeers
  }
}

/// How a listener speaks TLS. ALPN answers `http/1.1` and refuses a client that offers only other protocols.
public struct ServerSettings: Sendable, Equatable {
  /// Whether a client must show a certificate of `authorities`.
  public enum ClientCertificates: Sendable, Equatable {
    case none
    /// Asked for; a client without one is let in, one with a wrong one is not.
    case optional(authorities: PEM)
    case required(authorities: PEM)

    var authorities: PEM? {
      switch self {
      case .none: nil
      case .optional(let authorities), .required(let authorities): authorities
      }
    }
  }

  public var identity: TLSIdentity
  public var minimumVersion: TLSVersion
  public var maximumVersion: TLSVersion
  public var clientCertificates: ClientCertificates

  public init(
    identity: TLSIdentity, minimumVersion: TLSVersion = .v12, maximumVersion: TLSVersion = .v13,
    clientCertificates: ClientCertificates = .none
  ) {
    self.identity = identity
    self.minimumVersion = minimumVersion
    self.maximumVersion = maximumVersion
    self.clientCertificates = clientCertificates
  }
}
