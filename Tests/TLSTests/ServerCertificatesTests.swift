import Glibc
import TestSupport
import Testing
@testable import TLS

private let files = CertificateFolder.shared

@Suite struct ServerCertificatesTests {
  /// A folder of its own with one pair, changed as the test goes.
  struct Folder {
    let path: String
    init(_ pair: String) throws {
      path = files.file("swap-\(UInt64.random(in: 0 ... .max))")
      _ = unsafe mkdir(path, 0o700)
      try install(pair)
    }
    func install(_ pair: String, certificateOnly: Bool = false) throws {
      try ChildProcess.run(["cp", files.file("\(pair).pem"), "\(path)/tls.pem"])
      if !certificateOnly { try ChildProcess.run(["cp", files.file("\(pair).key"), "\(path)/tls.key"]) }
    }
    var settings: ServerSettings { ServerSettings(identity: TLSIdentity(certificateFile: "\(path)/tls.pem", keyFile: "\(path)/tls.key")) }
  }

  func subject(_ certificates: ServerCertificates) throws -> String? {
    var pair = try MemoryPair(TLSContext(client: files.client()), certificates.current)
    try pair.handshake()
    return pair.client.peerSubject
  }

  @Test func swapsWhenFilesChange() throws {
    let folder = try Folder("localhost")
    let certificates = try ServerCertificates(folder.settings)
    #expect(try certificates.refreshIfChanged() == false)
    #expect(try subject(certificates) == "CN=localhost")
    let earlier = certificates.current
    #expect(certificates.isCurrent)
    try folder.install("second")
    #expect(!certificates.isCurrent)
    #expect(try certificates.refreshIfChanged())
    #expect(certificates.isCurrent)
    #expect(try certificates.refreshIfChanged() == false)
    #expect(try subject(certificates) == "CN=second")
    var old = try MemoryPair(TLSContext(client: files.client()), earlier)
    try old.handshake()
    let clientPeerSubject = old.client.peerSubject
    #expect(clientPeerSubject == "CN=localhost", "connections of the old context go on")
  }

  @Test func badPairChangesNothingAndIsReportedOnce() throws {
    let folder = try Folder("localhost")
    let certificates = try ServerCertificates(folder.settings)
    try folder.install("second", certificateOnly: true)
    let mismatch = TLSError.file(
      path: "\(folder.path)/tls.key", reason: "private key does not match the first certificate of \(folder.path)/tls.pem")
    #expect(throws: mismatch) { try certificates.refreshIfChanged() }
    #expect(try certificates.refreshIfChanged() == false)
    #expect(try subject(certificates) == "CN=localhost")
    _ = unsafe unlink("\(folder.path)/tls.key")
    let missing = TLSError.file(path: "\(folder.path)/tls.key", reason: "no such file or directory")
    #expect(throws: missing) { try certificates.refreshIfChanged() }
    try folder.install("second")
    #expect(try certificates.refreshIfChanged())
    #expect(try subject(certificates) == "CN=second")
  }

  @Test func followsSymbolicLinks() throws {
    let folder = try Folder("localhost")
    _ = unsafe unlink("\(folder.path)/tls.pem")
    _ = unsafe unlink("\(folder.path)/tls.key")
    try ChildProcess.run(["ln", "-s", files.file("localhost.pem"), "\(folder.path)/tls.pem"])
    try ChildProcess.run(["ln", "-s", files.file("localhost.key"), "\(folder.path)/tls.key"])
    let certificates = try ServerCertificates(folder.settings)
    for name in ["pem", "key"] { try ChildProcess.run(["ln", "-sfn", files.file("second.\(name)"), "\(folder.path)/tls.\(name)"]) }
    #expect(try certificates.refreshIfChanged())
    #expect(try subject(certificates) == "CN=second")
  }

  @Test func watchesTheClientAuthorities() throws {
    let folder = try Folder("localhost")
    let authorities = "\(folder.path)/clients.pem"
    try ChildProcess.run(["cp", files.file("rogue-ca.pem"), authorities])
    var settings = folder.settings
    settings.clientCertificates = .required(authorities: .file(authorities))
    settings.maximumVersion = .v12
    let certificates = try ServerCertificates(settings)
    let client = try TLSContext(client: files.client(.v12, identity: files.identity("alice")))
    var refused = try MemoryPair(client, certificates.current)
    #expect(throws: TLSError.self) { try refused.handshake() }
    try ChildProcess.run(["cp", files.file("ca.pem"), authorities])
    #expect(try certificates.refreshIfChanged())
    var accepted = try MemoryPair(client, certificates.current)
    try accepted.handshake()
  }
}
