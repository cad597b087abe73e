import Glibc
import TestSupport
import TLS

/// The two TLS sessions of a leg after their handshake, joined in memory as the control path does it.
struct SecureEnds: ~Copyable {
  /// The gateway's, still on its memory buffers.
  var near: TLSSession
  /// The far end's.
  var far: TLSSession
  /// Application bytes that the near session has already given out.
  let received: [UInt8]
  /// Ciphertext of the far session that has to be sent over the socket before anything else.
  let unsent: [UInt8]

  struct Failure: Error {}

  private static var folder: CertificateFolder { .shared }

  private static var identity: TLSIdentity {
    // A process that has TLS on its sockets must ignore the signal.
    signal(SIGPIPE, SIG_IGN)
    return TLSIdentity(certificateFile: folder.file("localhost.pem"), keyFile: folder.file("localhost.key"))
  }

  /// - Parameters:
  ///   - nearIsServer: downstream the gateway is the server, upstream the client.
  ///   - early: what the far end says at once: the last message comes to the near session only in part, the rest is `unsent`.
  init(nearIsServer: Bool, version: TLSVersion, early: [[UInt8]] = []) throws {
    let client = try TLSContext(client: ClientSettings(trust: .only(.file(Self.folder.file("ca.pem"))), maximumVersion: version))
    let server = try TLSContext(server: ServerSettings(identity: Self.identity, maximumVersion: version))
    var near = nearIsServer ? try server.makeServerSession() : try client.makeClientSession(serverName: "localhost")
    var far = nearIsServer ? try client.makeClientSession(serverName: "localhost") : try server.makeServerSession()
    var isDone = [false, false]
    var isMoving = true
    while isMoving {
      isDone = [try near.handshake() == .done, try far.handshake() == .done]
      let (out, back) = (near.drain(), far.drain())
      isMoving = !out.isEmpty || !back.isEmpty
      unsafe out.withUnsafeBytes { unsafe far.feed($0) }
      unsafe back.withUnsafeBytes { unsafe near.feed($0) }
    }
    guard isDone == [true, true] else { throw Failure() }
    // Session tickets are read by whom they are for.
    guard try Self.read(&near).isEmpty, try Self.read(&far).isEmpty else { throw Failure() }
    var unsent: [UInt8] = []
    for (index, bytes) in early.enumerated() {
      let outcome = try unsafe bytes.withUnsafeBytes { (bytes) throws(TLSError) in try unsafe far.write(bytes) }
      guard outcome == .bytes(bytes.count) else { throw Failure() }
      let ciphertext = far.drain()
      let cut = index == early.count - 1 ? ciphertext.count - 7 : ciphertext.count
      unsafe ciphertext[..<cut].withUnsafeBytes { unsafe near.feed($0) }
      unsent = Array(ciphertext[cut...])
    }
    received = try Self.read(&near)
    self.unsent = unsent
    self.near = near
    self.far = far
  }

  private static func read(_ session: inout TLSSession) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 20_000)
    while true {
      let outcome = try unsafe chunk.withUnsafeMutableBytes { (chunk) throws(TLSError) in try unsafe session.read(into: chunk) }
      guard case .bytes(let count) = outcome else { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// Moves the far session to its socket and takes the two apart.
  consuming func attach(farTo descriptor: Int32) throws -> Sessions {
    try far.attach(descriptor: descriptor)
    return Sessions(near: near, far: far)
  }

  struct Sessions: ~Copyable {
    let near: TLSSession
    let far: TLSSession
  }

  /// A server session whose handshake never began.
  static func unfinished() throws -> TLSSession { try TLSContext(server: ServerSettings(identity: identity)).makeServerSession() }
}
