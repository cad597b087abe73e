import TestSupport
import Testing
@testable import TLS

private let files = CertificateFolder.shared

@Suite struct ResumptionCacheTests {
  /// Connects and exchanges a byte each way, so that tickets arrive; returns whether the session was resumed.
  func connect(_ client: TLSContext, _ server: TLSContext, name: String = "localhost", port: Int = 443) throws -> Bool {
    var pair = try MemoryPair(client, server, name: name, port: port)
    try pair.handshake()
    let atServer = try pair.clientSends([1])
    let atClient = try pair.serverSends([2])
    #expect(atServer == [1] && atClient == [2])
    let clientWasResumed = pair.client.wasResumed
    let serverWasResumed = pair.server.wasResumed
    #expect(clientWasResumed == serverWasResumed)
    let clientPeerSubject = pair.client.peerSubject
    #expect(clientPeerSubject == "CN=localhost", "also after resumption")
    return pair.client.wasResumed
  }

  @Test(arguments: TLSVersion.allCases)
  func laterConnectionsResume(version: TLSVersion) throws {
    let client = try TLSContext(client: files.client(version))
    let server = try TLSContext(server: files.server())
    #expect(try connect(client, server) == false)
    for _ in 0..<3 { #expect(try connect(client, server)) }
    #expect(client.resumption?.count ?? 0 > 0)
    client.resumption?.removeAll()
    #expect(try connect(client, server) == false)
  }

  @Test(arguments: TLSVersion.allCases)
  func peersAreKeptApart(version: TLSVersion) throws {
    let client = try TLSContext(client: files.client(version))
    let server = try TLSContext(server: files.server())
    #expect(try connect(client, server) == false)
    #expect(try connect(client, server, port: 8443) == false)
    #expect(try connect(client, server, name: "127.0.0.1") == false)
    #expect(try connect(TLSContext(client: files.client(version)), server) == false)
    #expect(try connect(client, server, name: "LocalHost."))
  }

  @Test(arguments: TLSVersion.allCases)
  func anotherServerContextFallsBackToAFullHandshake(version: TLSVersion) throws {
    let client = try TLSContext(client: files.client(version))
    #expect(try connect(client, TLSContext(server: files.server())) == false)
    #expect(try connect(client, TLSContext(server: files.server())) == false)
  }

  @Test(arguments: TLSVersion.allCases)
  func clientCertificatesSurviveResumption(version: TLSVersion) throws {
    let client = try TLSContext(client: files.client(version, identity: files.identity("alice")))
    let server = try TLSContext(server: files.server("localhost", .v13, .required(authorities: .file(files.file("ca.pem")))))
    #expect(try connect(client, server) == false)
    var pair = try MemoryPair(client, server)
    try pair.handshake()
    let serverWasResumed = pair.server.wasResumed
    #expect(serverWasResumed)
    let serverPeerSubject = pair.server.peerSubject
    #expect(serverPeerSubject == "CN=alice,O=Example")
  }

  @Test func isBounded() throws {
    var settings = files.client()
    settings.resumptionPeers = 2
    let client = try TLSContext(client: settings)
    let server = try TLSContext(server: files.server())
    for port in 1...3 { #expect(try connect(client, server, port: port) == false) }
    #expect(try connect(client, server, port: 1) == false, "the oldest peer made room")
    #expect(try connect(client, server, port: 3))
    for _ in 0..<20 {
      var pair = try MemoryPair(client, server, port: 3)
      client.resumption?.removeAll()
      try pair.handshake()
    }
    #expect(client.resumption?.count ?? 0 <= 2 * ResumptionCache.sessionsPerPeer)
  }

  @Test func canBeTurnedOff() throws {
    var settings = files.client()
    settings.resumptionPeers = 0
    let client = try TLSContext(client: settings)
    let server = try TLSContext(server: files.server())
    #expect(client.resumption == nil)
    for _ in 0..<2 { #expect(try connect(client, server) == false) }
  }
}
