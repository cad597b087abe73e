import TLS
import TestSupport

/// Settings of TLS contexts that use the tests' certificates.
extension CertificateFolder {
  func identity(_ name: String) -> TLSIdentity { TLSIdentity(certificateFile: file("\(name).pem"), keyFile: file("\(name).key")) }

  /// Settings of a server that shows the certificate `name`.
  func server(
    _ name: String = "localhost", _ versions: TLSVersion = .v13, _ clients: ServerSettings.ClientCertificates = .none
  ) -> ServerSettings {
    ServerSettings(identity: identity(name), minimumVersion: .v12, maximumVersion: versions, clientCertificates: clients)
  }

  /// Settings of a client that trusts `ca`.
  func client(_ versions: TLSVersion = .v13, identity: TLSIdentity? = nil) -> ClientSettings {
    ClientSettings(trust: .only(.file(file("ca.pem"))), identity: identity, maximumVersion: versions)
  }
}
