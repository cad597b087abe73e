import COpenSSL
import Glibc
import TestSupport
import Testing
@testable import TLS

/// A peer that asks for new keys again and again (RFC 8446 section 4.6.3), which costs it little.
@Suite struct KeyUpdateFloodTests {
  /// Sends key updates without any application data.
  private static func sendUpdates(_ count: Int, _ kind: Int32 = SSL_KEY_UPDATE_NOT_REQUESTED, by session: borrowing TLSSession) throws {
    for _ in 0..<count {
      guard unsafe SSL_key_update(session.ssl, kind) == 1, unsafe SSL_do_handshake(session.ssl) == 1 else {
        throw Link.Failure(description: "key update: \(TLSError.queuedReason())")
      }
    }
  }

  private static func waiting(on descriptor: Int32) -> Int {
    var count: Int32 = 0
    _ = unsafe ioctl(descriptor, UInt(FIONREAD), &count)
    return Int(count)
  }

  /// One read ends although there is more, and several end the session.
  @Test func withoutData() throws {
    var ends = try AttachedSessionTests().connect(.v13)
    // About 27 bytes each: less than the socket holds, and more than may come without data.
    try Self.sendUpdates(3_000, by: ends.client.session)
    for _ in 0..<2_000 where Self.waiting(on: ends.server.descriptor) < 70_000 { usleep(1_000) }
    let before = Self.waiting(on: ends.server.descriptor)
    #expect(before >= 70_000)
    var chunk = [UInt8](repeating: 0, count: 4_096)
    let outcome = try ends.server.session.read(filling: &chunk)
    #expect(outcome == .wouldBlock)
    let left = Self.waiting(on: ends.server.descriptor)
    #expect(before - left <= 50_000)
    var error: TLSError?
    do throws(TLSError) { for _ in 0..<10 { _ = try ends.server.session.read(filling: &chunk) } } catch let failure { error = failure }
    guard case .protocol(let reason) = error else {
      Issue.record("expected an error, not \(String(describing: error))")
      return
    }
    #expect(reason.hasSuffix("bytes of records without application data"))
  }

  /// The same before the session is on its socket.
  @Test func withoutDataInMemory() throws {
    var pair = try MemoryPair(
      TLSContext(client: CertificateFolder.shared.client(.v13)), TLSContext(server: CertificateFolder.shared.server()))
    try pair.handshake()
    try Self.sendUpdates(1_000, by: pair.client)
    MemoryPair.feed(pair.client.drain()[...], to: &pair.server)
    let end = try MemoryPair.readAll(&pair.server).end
    #expect(end == .wouldBlock)
    // Data makes up for it.
    let received = try pair.clientSends(Array("data".utf8))
    #expect(received == Array("data".utf8))
    try Self.sendUpdates(3_000, by: pair.client)
    MemoryPair.feed(pair.client.drain()[...], to: &pair.server)
    #expect(throws: TLSError.self) { _ = try MemoryPair.readAll(&pair.server) }
  }

  /// Between data it asks for answers that it does not read: what is kept of them has an end.
  @Test func answersThatAreNotRead() throws {
    var pair = try MemoryPair(
      TLSContext(client: CertificateFolder.shared.client(.v13)), TLSContext(server: CertificateFolder.shared.server()))
    try pair.handshake()
    MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
    _ = try MemoryPair.readAll(&pair.client)
    var sockets: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &sockets) == 0)
    defer { for socket in sockets { close(socket) } }
    for socket in sockets { _ = fcntl(socket, F_SETFL, O_NONBLOCK) }
    try pair.client.attach(descriptor: sockets[0])
    try pair.server.attach(descriptor: sockets[1])
    var failure: TLSError?
    var rounds = 0
    while failure == nil, rounds < 400 {
      rounds += 1
      try Self.sendUpdates(30, SSL_KEY_UPDATE_REQUESTED, by: pair.client)
      try MemoryPair.write([UInt8(ascii: "x")], to: &pair.client)
      do throws(TLSError) { _ = try MemoryPair.readAll(&pair.server) } catch { failure = error }
    }
    #expect(failure == .protocol(reason: "the peer does not read the answers that it asks for"))
  }
}
