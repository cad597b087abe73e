import Glibc
import TestSupport
import Testing
@testable import TLS

private let files = CertificateFolder.shared

/// Files that cannot be used: the error names the file at fault and why.
@Suite struct TLSContextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let certificate: String
    let key: String
    let path: String
    let reason: String
    var testDescription: String { "\(certificate) with \(key)" }
  }

  static let cases = [
    Case(certificate: "missing.pem", key: "localhost.key", path: "missing.pem", reason: "no such file or directory"),
    Case(certificate: "localhost.pem", key: "missing.key", path: "missing.key", reason: "no such file or directory"),
    Case(certificate: "localhost.key", key: "localhost.key", path: "localhost.key", reason: "no certificate found, expected PEM"),
    Case(certificate: "localhost.pem", key: "localhost.pem", path: "localhost.pem", reason: "no usable private key found, expected PEM"),
    Case(
      certificate: "localhost.pem", key: "second.key", path: "second.key",
      reason: "private key does not match the first certificate of "),
    Case(
      certificate: "localhost.pem", key: "encrypted.key", path: "encrypted.key",
      reason: "private key is encrypted, expected one without a passphrase"),
    Case(certificate: ".", key: "localhost.key", path: ".", reason: "is a directory"),
  ]

  @Test(arguments: cases)
  func badPairs(example: Case) throws {
    let identity = TLSIdentity(certificateFile: files.file(example.certificate), keyFile: files.file(example.key))
    let failures = [
      #expect(throws: TLSError.self) { _ = try TLSContext(server: ServerSettings(identity: identity)) },
      #expect(throws: TLSError.self) { _ = try TLSContext(client: ClientSettings(identity: identity)) },
    ]
    for failure in failures {
      guard case .file(let path, let reason) = failure else {
        Issue.record("\(String(describing: failure))")
        continue
      }
      #expect(path == files.file(example.path))
      #expect(reason.hasPrefix(example.reason))
    }
  }

  @Test func inlinePEM() throws {
    let ca = try ChildProcess.run(["cat", files.file("ca.pem")])
    let certificate = try ChildProcess.run(["cat", files.file("localhost.pem")])
    let key = try ChildProcess.run(["cat", files.file("localhost.key")])
    let server = try TLSContext(server: ServerSettings(identity: TLSIdentity(certificate: .text(certificate), key: .text(key))))
    var pair = try MemoryPair(TLSContext(client: ClientSettings(trust: .only(.text(ca)))), server)
    try pair.handshake()
    #expect(throws: TLSError.file(path: "inline", reason: "no certificate found, expected PEM")) {
      _ = try TLSContext(client: ClientSettings(trust: .only(.text("junk"))))
    }
    #expect(throws: TLSError.file(path: "inline", reason: "is empty, expected PEM")) {
      _ = try TLSContext(client: ClientSettings(trust: .only(.text(""))))
    }
    let damaged = certificate.replacingLetters(after: "CERTIFICATE-----\nMII", with: "!")
    let failure = #expect(throws: TLSError.self) { _ = try TLSContext(client: ClientSettings(trust: .only(.text(damaged)))) }
    #expect(failure.map { "\($0)".hasPrefix("inline: damaged certificate: ") } == true)
  }

  @Test func noKeyIsPrinted() throws {
    let key = try ChildProcess.run(["cat", files.file("localhost.key")])
    let identity = TLSIdentity(certificate: .file(files.file("localhost.pem")), key: .text(key))
    let secret = key.split(separator: "\n")[1]
    for text in ["\(identity)", String(reflecting: identity), "\(ServerSettings(identity: identity))", "\(PEM.text(key))"] {
      #expect(!text.contains(secret))
      #expect(!text.contains("PRIVATE"))
    }
    var dumped = ""
    dump(identity, to: &dumped)
    #expect(!dumped.contains(secret))
  }

  @Test func expiryIsKnown() throws {
    let dates = try #require(try TLSContext(server: files.server()).certificateDates)
    let past = try #require(try TLSContext(server: files.server("expired")).certificateDates)
    #expect(dates.end - dates.begin == 2 * 86_400)
    #expect(abs(dates.end - past.end - 3 * 86_400) < 60)
    #expect(try TLSContext(client: files.client()).certificateDates == nil)
  }

  @Test func rolesAndSettingsAreChecked() throws {
    let client = try TLSContext(client: files.client())
    let server = try TLSContext(server: files.server())
    #expect(throws: TLSError.setting(reason: "a client context makes no server sessions")) { _ = try client.makeServerSession() }
    #expect(throws: TLSError.setting(reason: "a server context makes no client sessions")) {
      _ = try server.makeClientSession(serverName: "a")
    }
    var settings = files.client(.v12)
    settings.minimumVersion = .v13
    #expect(throws: TLSError.setting(reason: "minimum version TLSv1.3 is above maximum version TLSv1.2")) {
      _ = try TLSContext(client: settings)
    }
    settings = files.client()
    settings.applicationProtocols = [""]
    #expect(throws: TLSError.setting(reason: "application protocol \"\": expected 1 to 255 bytes")) { _ = try TLSContext(client: settings) }
  }
}

extension String {
  fileprivate func replacingLetters(after marker: String, with letter: Character) -> String {
    guard let range = range(of: marker) else { return self }
    let end = index(range.upperBound, offsetBy: 8)
    return self[..<range.upperBound] + String(repeating: letter, count: 8) + self[end...]
  }
}
