import COpenSSL
import Glibc
import TestSupport
import Testing
@testable import TLS

private let files = CertificateFolder.shared

/// Two of our sessions on loopback sockets, both moved from memory to the socket.
@Suite struct AttachedSessionTests {
  struct Ends: ~Copyable {
    var client: Link
    var server: Link
  }

  func connect(_ version: TLSVersion, sendBuffer: Int32? = nil) throws -> Ends {
    let listener = try Loopback()
    let near = try Loopback.connect(port: listener.port)
    let far = try listener.accept()
    if var sendBuffer {
      unsafe setsockopt(near, SOL_SOCKET, SO_SNDBUF, &sendBuffer, 4)
      unsafe setsockopt(far, SOL_SOCKET, SO_SNDBUF, &sendBuffer, 4)
    }
    var client = Link(try TLSContext(client: files.client(version)).makeClientSession(serverName: "localhost"), on: near)
    var server = Link(try TLSContext(server: files.server()).makeServerSession(), on: far)
    // Both ends in one thread: each flight goes through the sockets in turn.
    var clientDone = false
    var serverDone = false
    while !clientDone || !serverDone {
      clientDone = try client.session.handshake() == .done
      try client.flush()
      try receiveAvailable(&server)
      serverDone = try server.session.handshake() == .done
      try server.flush()
      try receiveAvailable(&client)
    }
    let early = try (client.attach(), server.attach())
    #expect(early.0.isEmpty && early.1.isEmpty)
    return Ends(client: client, server: server)
  }

  private func receiveAvailable(_ link: inout Link) throws {
    var event = pollfd(fd: link.descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&event, 1, 100) > 0 else { return }
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = unsafe recv(link.descriptor, &chunk, chunk.count, 0)
    MemoryPair.feed(chunk[..<count], to: &link.session)
  }

  /// The KeyUpdate goes out before the next write.
  private func updateKeys(_ session: borrowing TLSSession, _ kind: Int32) throws {
    guard unsafe SSL_key_update(session.ssl, kind) == 1 else { throw Link.Failure(description: "SSL_key_update") }
  }

  @Test(arguments: TLSVersion.allCases)
  func relaysBothWays(version: TLSVersion) throws {
    var ends = try connect(version)
    for round in 0..<20 {
      let bytes = [UInt8](repeating: UInt8(round), count: 1 + round * 1000)
      try ends.client.send(bytes)
      let atServer = try ends.server.receive(bytes.count)
      #expect(atServer == bytes)
      try ends.server.send(bytes)
      let atClient = try ends.client.receive(bytes.count)
      #expect(atClient == bytes)
    }
    try ends.client.shutdown()
    ends.client.finish()
    let rest = try ends.server.receive(1)
    #expect(rest.isEmpty, "closed")
    try ends.server.send("still here")
    let answer = try ends.client.receiveText(10)
    #expect(answer == "still here")
  }

  @Test(arguments: TLSVersion.allCases)
  func bareEndOfTheTransport(version: TLSVersion) throws {
    var ends = try connect(version)
    try ends.client.send("last")
    ends.client.finish()
    let got = try ends.server.receiveText(5)
    #expect(got == "last")
    try ends.server.send("bye")
    let answer = try ends.client.receiveText(3)
    #expect(answer == "bye")
  }

  @Test func resetIsClosedEarly() throws {
    var ends = try connect(.v13)
    var patience = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(ends.client.descriptor, SOL_SOCKET, SO_LINGER, &patience, socklen_t(MemoryLayout<linger>.size))
    let duplicate = dup(ends.server.descriptor)
    defer { close(duplicate) }
    var disconnect = sockaddr()
    disconnect.sa_family = sa_family_t(AF_UNSPEC)
    // Disconnecting a socket with a zero linger sends RST at once.
    _ = unsafe connectAny(ends.client.descriptor, &disconnect)
    #expect(throws: TLSError.closedEarly) { _ = try ends.server.receive(1) }
  }

  private func connectAny(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>) -> Int32 {
    unsafe Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr>.size))
  }

  /// Writes until the socket is full, then goes on from a moved and grown buffer, as the relay's pending bytes are.
  @Test(arguments: TLSVersion.allCases)
  func fullSocketContinuesFromAMovedBuffer(version: TLSVersion) throws {
    var ends = try connect(version, sendBuffer: 8192)
    var sent = 0
    func pattern(_ range: Range<Int>) -> [UInt8] { range.map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) } }
    var blocked = 0
    var received: [UInt8] = []
    let total = 2_000_000
    while received.count < total {
      while sent < total {
        // A fresh array each time; after a blocked write it is longer than the one before.
        let bytes = pattern(sent..<min(total, sent + 20_000 + blocked * 10))
        let outcome = try unsafe ends.server.session.write(bytes.span.bytes)
        guard case .bytes(let count) = outcome else {
          blocked += 1
          break
        }
        sent += count
      }
      received += try MemoryPair.readAll(&ends.client.session).bytes
    }
    #expect(blocked > 0)
    #expect(received == pattern(0..<total))
  }

  /// RFC 8446 section 4.6.3, with nothing else going on.
  @Test func keyUpdatesInBothDirections() throws {
    var ends = try connect(.v13)
    for round in 0..<10 {
      let requests = round % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED
      try updateKeys(ends.client.session, requests)
      if round % 3 == 0 { try updateKeys(ends.server.session, requests) }
      try ends.client.send("ping\(round)")
      let atServer = try ends.server.receiveText(5)
      #expect(atServer == "ping\(round)")
      try ends.server.send("pong\(round)")
      let atClient = try ends.client.receiveText(5)
      #expect(atClient == "pong\(round)")
    }
  }

  /// The answer to a key update has to go out while our own socket is full and a write of ours is half done.
  @Test func keyUpdateWhileOurSocketIsFull() throws {
    var ends = try connect(.v13, sendBuffer: 8192)
    func pattern(_ range: Range<Int>) -> [UInt8] { range.map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 9) } }
    var sent = 0
    var atClient: [UInt8] = []
    var atServer: [UInt8] = []
    var expectedAtServer: [UInt8] = []
    let total = 6_000_000
    var rounds = 0
    while atClient.count < total {
      var full = false
      while sent < total && !full {
        let bytes = pattern(sent..<min(total, sent + 30_000))
        let outcome = try unsafe ends.server.session.write(bytes.span.bytes)
        if case .bytes(let count) = outcome { sent += count } else { full = true }
      }
      if full && rounds < 20 {
        rounds += 1
        try updateKeys(ends.client.session, SSL_KEY_UPDATE_REQUESTED)
        let message = Array("message \(rounds)".utf8)
        try ends.client.send(message)
        expectedAtServer += message
      }
      let read = try MemoryPair.readAll(&ends.server.session)
      atServer += read.bytes
      #expect(read.end == .wouldBlock || read.end == .wantsWrite)
      atClient += try MemoryPair.readAll(&ends.client.session).bytes
    }
    while atServer.count < expectedAtServer.count { atServer += try ends.server.receive(expectedAtServer.count - atServer.count) }
    #expect(rounds == 20)
    #expect(atServer == expectedAtServer)
    #expect(atClient == pattern(0..<total))
  }

  /// A peer asks for new keys twice, sends its last bytes and resets the connection: the answer cannot be sent, the bytes still count.
  @Test func keyUpdateOfAPeerThatIsGone() throws {
    for round in 0..<50 {
      var ends = try connect(.v13)
      try ends.server.send("never read")
      let half = [UInt8](repeating: UInt8(round), count: 1 + round * 500)
      let bytes = half + half
      for _ in 0..<2 {
        try updateKeys(ends.client.session, SSL_KEY_UPDATE_REQUESTED)
        try ends.client.send(half)
      }
      // Closing with unread input sends RST right behind the data.
      let listener = try Loopback()
      let other = try Loopback.connect(port: listener.port)
      dup2(other, ends.client.descriptor)
      close(other)
      var received: [UInt8] = []
      do { received = try ends.server.receive(bytes.count) } catch { Issue.record("round \(round): \(error)") }
      #expect(received == bytes)
      #expect(throws: TLSError.closedEarly) {
        for _ in 0..<100 { try ends.server.send("nobody is there") }
      }
    }
  }

  @Test func bytesHeldInsideAreRead() throws {
    let listener = try Loopback()
    let near = try Loopback.connect(port: listener.port)
    let far = try listener.accept()
    var pair = try MemoryPair(TLSContext(client: files.client()), TLSContext(server: files.server()))
    try pair.handshake()
    MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
    _ = try MemoryPair.readAll(&pair.client)
    // One and a half records reach the memory phase, the rest comes on the socket.
    try MemoryPair.write(Array("first".utf8), to: &pair.client)
    try MemoryPair.write(Array("second".utf8), to: &pair.client)
    let ciphertext = pair.client.drain()
    MemoryPair.feed(ciphertext[..<(ciphertext.count - 10)], to: &pair.server)
    let early = try MemoryPair.readAll(&pair.server)
    #expect(early.bytes == Array("first".utf8))
    _ = fcntl(far, F_SETFL, O_NONBLOCK)
    try pair.server.attach(descriptor: far)
    let serverIsAttached = pair.server.isAttached
    #expect(serverIsAttached)
    let serverPending = pair.server.pending
    #expect(serverPending, "half a record is inside")
    let end = try MemoryPair.readAll(&pair.server).end
    #expect(end == .wouldBlock)
    let rest = Array(ciphertext.suffix(10))
    #expect(unsafe Glibc.send(near, rest, rest.count, 0) == rest.count)
    var event = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&event, 1, Link.patience) == 1)
    let second = try MemoryPair.readAll(&pair.server).bytes
    #expect(second == Array("second".utf8))
    let pendingAfter = pair.server.pending
    #expect(!pendingAfter)
    close(near)
    close(far)
  }
}
