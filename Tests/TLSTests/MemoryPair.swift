@testable import TLS

/// A client and a server session joined without sockets.
struct MemoryPair: ~Copyable {
  var client: TLSSession
  var server: TLSSession
  /// Feeds ciphertext in pieces of this size.
  var drip = Int.max

  init(_ client: TLSContext, _ server: TLSContext, name: String = "localhost", port: Int = 443) throws(TLSError) {
    self.init(client: try client.makeClientSession(serverName: name, port: port), server: try server.makeServerSession())
  }

  private init(client: consuming TLSSession, server: consuming TLSSession) {
    self.client = client
    self.server = server
  }

  /// Runs both handshakes to the end. An error is the client's if it has one, else the server's.
  mutating func handshake() throws(TLSError) {
    var clientDone = false
    var serverDone = false
    var serverError: TLSError?
    while !clientDone || !serverDone {
      if !clientDone { clientDone = try client.handshake() == .done }
      let flight = client.drain()
      serverDone = toServer(flight, serverDone, &serverError)
      let answer = server.drain()
      if flight.isEmpty && answer.isEmpty {
        if let serverError { throw serverError }
        if clientDone && serverDone { return }
        throw .protocol(reason: "handshake stands still")
      }
      for piece in pieces(answer) {
        MemoryPair.feed(piece, to: &client)
        if !clientDone { clientDone = try client.handshake() == .done }
      }
    }
  }

  private mutating func toServer(_ flight: [UInt8], _ done: Bool, _ failure: inout TLSError?) -> Bool {
    var done = done
    for piece in pieces(flight) {
      MemoryPair.feed(piece, to: &server)
      if failure == nil && !done { do { done = try server.handshake() == .done } catch { failure = error } }
    }
    return done
  }

  mutating func clientSends(_ bytes: [UInt8]) throws(TLSError) -> [UInt8] {
    try MemoryPair.write(bytes, to: &client)
    var received: [UInt8] = []
    for piece in pieces(client.drain()) {
      MemoryPair.feed(piece, to: &server)
      received += try MemoryPair.readAll(&server).bytes
    }
    return received
  }

  mutating func serverSends(_ bytes: [UInt8]) throws(TLSError) -> [UInt8] {
    try MemoryPair.write(bytes, to: &server)
    var received: [UInt8] = []
    for piece in pieces(server.drain()) {
      MemoryPair.feed(piece, to: &client)
      received += try MemoryPair.readAll(&client).bytes
    }
    return received
  }

  func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    if bytes.count <= drip { return [bytes[...]] }
    return stride(from: 0, to: bytes.count, by: drip).map { bytes[$0..<min($0 + drip, bytes.count)] }
  }

  static func feed(_ bytes: ArraySlice<UInt8>, to session: inout TLSSession) {
    unsafe session.feed(bytes.span.bytes)
  }

  static func write(_ bytes: [UInt8], to session: inout TLSSession) throws(TLSError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let outcome = try unsafe session.write(rest.span.bytes)
      guard case .bytes(let count) = outcome else { throw .protocol(reason: "a memory buffer is full") }
      rest = rest.dropFirst(count)
    }
  }

  /// Everything readable, and the outcome that ended it.
  static func readAll(_ session: inout TLSSession) throws(TLSError) -> (bytes: [UInt8], end: TLSSession.ReadOutcome) {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let outcome = try session.read(filling: &chunk)
      guard case .bytes(let count) = outcome else { return (bytes, outcome) }
      bytes += chunk[..<count]
    }
  }
}
