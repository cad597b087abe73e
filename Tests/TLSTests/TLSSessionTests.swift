import TestSupport
import Testing
@testable import TLS

private let files = CertificateFolder.shared

/// Client against server in memory: what the two phases of a session promise, without sockets.
@Suite struct TLSSessionTests {
  @Test(arguments: TLSVersion.allCases)
  func agreesOnEverything(version: TLSVersion) throws {
    var pair = try MemoryPair(TLSContext(client: files.client(version)), TLSContext(server: files.server()))
    let before = pair.client.protocolVersion
    #expect(before == nil)
    try pair.handshake()
    let clientProtocolVersion = pair.client.protocolVersion
    #expect(clientProtocolVersion == version)
    let serverProtocolVersion = pair.server.protocolVersion
    #expect(serverProtocolVersion == version)
    let clientNegotiatedALPN = pair.client.negotiatedALPN
    #expect(clientNegotiatedALPN == "http/1.1")
    let serverNegotiatedALPN = pair.server.negotiatedALPN
    #expect(serverNegotiatedALPN == "http/1.1")
    let clientPeerSubject = pair.client.peerSubject
    #expect(clientPeerSubject == "CN=localhost")
    let clientPeerAlternativeNames = pair.client.peerAlternativeNames
    #expect(clientPeerAlternativeNames == ["DNS:localhost", "IP:127.0.0.1", "IP:::1"])
    let serverPeerSubject = pair.server.peerSubject
    #expect(serverPeerSubject == nil)
    let clientWasResumed = pair.client.wasResumed
    #expect(!clientWasResumed)
    let clientCipher = pair.client.cipher
    #expect(clientCipher?.contains("GCM") == true)
  }

  @Test(arguments: TLSVersion.allCases, [1, 7, 1000, Int.max])
  func carriesBytesInAnyPieces(version: TLSVersion, drip: Int) throws {
    var pair = try MemoryPair(TLSContext(client: files.client(version)), TLSContext(server: files.server()))
    pair.drip = drip
    try pair.handshake()
    let small: [UInt8] = Array("hello".utf8)
    let large = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for bytes in [small, large] {
      let atServer = try pair.clientSends(bytes)
      #expect(atServer == bytes)
      let atClient = try pair.serverSends(bytes)
      #expect(atClient == bytes)
    }
    let clientHasPendingCiphertext = pair.client.hasPendingCiphertext
    #expect(!clientHasPendingCiphertext)
    let clientPending = pair.client.pending
    #expect(!clientPending)
  }

  /// A client that reads and writes on two threads must not find a ticket in its hands while it writes its request.
  @Test func theTicketComesWithTheAnswer() throws {
    let context = try TLSContext(client: files.client(.v13))
    var pair = try MemoryPair(context, TLSContext(server: files.server()))
    try pair.handshake()
    let behindTheHandshake = pair.server.drain()
    #expect(behindTheHandshake == [])
    let request = try pair.clientSends(Array("request".utf8))
    #expect(request == Array("request".utf8))
    let beforeTheAnswer = pair.server.drain()
    #expect(beforeTheAnswer == [])
    #expect(context.resumption?.count == 0)
    for _ in 0..<2 {
      let answer = try pair.serverSends(Array("answer".utf8))
      #expect(answer == Array("answer".utf8))
      #expect(context.resumption?.count == 1, "one ticket, and no other")
    }
  }

  @Test(arguments: TLSVersion.allCases)
  func halfCloseLeavesTheOtherDirection(version: TLSVersion) throws {
    var pair = try MemoryPair(TLSContext(client: files.client(version)), TLSContext(server: files.server()))
    try pair.handshake()
    try MemoryPair.write(Array("last".utf8), to: &pair.client)
    let sent = pair.client.shutdown()
    #expect(sent)
    let again = pair.client.shutdown()
    #expect(again, "a second call is harmless")
    MemoryPair.feed(pair.client.drain()[...], to: &pair.server)
    let read = try MemoryPair.readAll(&pair.server)
    #expect(read.bytes == Array("last".utf8))
    #expect(read.end == .closed)
    let answer = try pair.serverSends(Array("still here".utf8))
    #expect(answer == Array("still here".utf8))
    #expect(throws: TLSError.protocol(reason: "protocol is shutdown")) { try MemoryPair.write([1], to: &pair.client) }
    pair.server.shutdown()
    MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
    let end = try MemoryPair.readAll(&pair.client).end
    #expect(end == .closed)
  }

  @Test(arguments: TLSVersion.allCases)
  func transportEndWithoutCloseNotifyIsAnEnd(version: TLSVersion) throws {
    var pair = try MemoryPair(TLSContext(client: files.client(version)), TLSContext(server: files.server()))
    try pair.handshake()
    try MemoryPair.write(Array("last".utf8), to: &pair.client)
    MemoryPair.feed(pair.client.drain()[...], to: &pair.server)
    pair.server.feedEnd()
    let read = try MemoryPair.readAll(&pair.server)
    #expect(read.bytes == Array("last".utf8))
    #expect(read.end == .closed)
    let answer = try pair.serverSends(Array("bye".utf8))
    #expect(answer == Array("bye".utf8))
  }

  @Test func endInsideTheHandshakeIsAnError() throws {
    var client = try TLSContext(client: files.client()).makeClientSession(serverName: "localhost")
    let clientHandshake = try client.handshake()
    #expect(clientHandshake == .wantsRead)
    let clientDrain = client.drain()
    #expect(!clientDrain.isEmpty)
    client.feedEnd()
    #expect(throws: TLSError.closedEarly) { try client.handshake() }
    let clientShutdown = client.shutdown()
    #expect(clientShutdown, "nothing to say before the handshake is done")
    let clientHasPendingCiphertext = client.hasPendingCiphertext
    #expect(!clientHasPendingCiphertext)
  }

  @Test func damagedRecordIsAnErrorAndTheAlertIsPending() throws {
    var pair = try MemoryPair(TLSContext(client: files.client()), TLSContext(server: files.server()))
    try pair.handshake()
    MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
    try MemoryPair.write(Array("hello".utf8), to: &pair.client)
    var record = pair.client.drain()
    record[record.count - 1] ^= 1
    MemoryPair.feed(record[...], to: &pair.server)
    #expect(throws: TLSError.protocol(reason: "decryption failed or bad record mac")) { try MemoryPair.readAll(&pair.server) }
    let serverHasPendingCiphertext = pair.server.hasPendingCiphertext
    #expect(serverHasPendingCiphertext)
    MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
    #expect(throws: TLSError.protocol(reason: "sslv3 alert bad record mac")) { try MemoryPair.readAll(&pair.client) }
  }

  @Test func plaintextPeersAreNamed() throws {
    var server = try TLSContext(server: files.server()).makeServerSession()
    MemoryPair.feed(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)[...], to: &server)
    #expect(throws: TLSError.handshake(reason: "http request")) { try server.handshake() }
    var client = try TLSContext(client: files.client()).makeClientSession(serverName: "localhost")
    _ = try client.handshake()
    MemoryPair.feed(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)[...], to: &client)
    #expect(throws: TLSError.handshake(reason: "wrong version number")) { try client.handshake() }
  }

  @Test func versionsWithoutOverlapFail() throws {
    var settings = files.server()
    settings.minimumVersion = .v13
    #expect(throws: TLSError.handshake(reason: "tlsv1 alert protocol version")) {
      var pair = try MemoryPair(TLSContext(client: files.client(.v12)), TLSContext(server: settings))
      try pair.handshake()
    }
  }

  @Test func serverRefusesOtherApplicationProtocols() throws {
    var settings = files.client()
    settings.applicationProtocols = ["h2"]
    #expect(throws: TLSError.handshake(reason: "tlsv1 alert no application protocol")) {
      var pair = try MemoryPair(TLSContext(client: settings), TLSContext(server: files.server()))
      try pair.handshake()
    }
    settings.applicationProtocols = ["h2", "http/1.1"]
    var both = try MemoryPair(TLSContext(client: settings), TLSContext(server: files.server()))
    try both.handshake()
    let clientNegotiatedALPN = both.client.negotiatedALPN
    #expect(clientNegotiatedALPN == "http/1.1")
    settings.applicationProtocols = []
    var none = try MemoryPair(TLSContext(client: settings), TLSContext(server: files.server()))
    try none.handshake()
    let serverNegotiatedALPN = none.server.negotiatedALPN
    #expect(serverNegotiatedALPN == nil)
  }

  @Test func attachRefusesToLoseBytes() throws {
    var pair = try MemoryPair(TLSContext(client: files.client()), TLSContext(server: files.server()))
    #expect(throws: TLSError.protocol(reason: "attach before the end of the handshake")) { try pair.client.attach(descriptor: 0) }
    try pair.handshake()
    MemoryPair.feed(pair.server.drain()[...], to: &pair.client)
    try MemoryPair.write([1], to: &pair.client)
    MemoryPair.feed(pair.client.drain()[...], to: &pair.server)
    #expect(throws: TLSError.protocol(reason: "attach with unread ciphertext")) { try pair.server.attach(descriptor: 0) }
    _ = try MemoryPair.readAll(&pair.client)
    try MemoryPair.write([1], to: &pair.client)
    #expect(throws: TLSError.protocol(reason: "attach with unsent ciphertext")) { try pair.client.attach(descriptor: 0) }
    let clientIsAttached = pair.client.isAttached
    #expect(!clientIsAttached)
  }
}
