import Glibc
import TestSupport
import Testing
@testable import TLS

@Suite struct ClientContextsTests {
  private let files = CertificateFolder.shared

  @Test func oneForAllWhoTrustAlike() throws {
    let contexts = ClientContexts()
    let own = try contexts.context(for: files.client())
    #expect(try contexts.context(for: files.client()) === own)
    #expect(try contexts.context(for: ClientSettings()) !== own)
    #expect(try contexts.context(for: ClientSettings()) !== contexts.context(for: ClientSettings(minimumVersion: .v13)))
    var settings = files.client()
    settings.identity = TLSIdentity(certificateFile: files.file("alice.pem"), keyFile: files.file("alice.key"))
    let alice = try contexts.context(for: settings)
    #expect(alice !== own)
    #expect(try contexts.context(for: settings) === alice)
  }

  /// Whom somebody does not trust any more must not come back by an earlier session.
  @Test func changedTrustIsAnotherContext() throws {
    let (contexts, folder) = (ClientContexts(), TemporaryFolder())
    let ca = folder.file("ca.pem")
    try ChildProcess.run(["cp", files.file("ca.pem"), ca])
    let first = try contexts.context(for: ClientSettings(trust: .only(.file(ca))))
    try ChildProcess.run(["cp", files.file("rogue-ca.pem"), folder.file("next")])
    #expect(unsafe rename(folder.file("next"), ca) == 0)
    let second = try contexts.context(for: ClientSettings(trust: .only(.file(ca))))
    #expect(second !== first && second.resumption !== first.resumption)
    #expect(try contexts.context(for: ClientSettings(trust: .only(.file(ca)))) === second)
    try folder.write("next", "garbage\n")
    #expect(unsafe rename(folder.file("next"), ca) == 0)
    #expect(throws: TLSError.self) { _ = try contexts.context(for: ClientSettings(trust: .only(.file(ca)))) }
  }

  /// Nothing is kept that nobody uses.
  @Test func nobodyKeepsThem() throws {
    let contexts = ClientContexts()
    weak var gone: TLSContext?
    do {
      let context = try contexts.context(for: files.client())
      gone = context
      #expect(gone != nil)
    }
    #expect(gone == nil)
    #expect(try contexts.context(for: files.client()).resumption?.count == 0)
  }
}
