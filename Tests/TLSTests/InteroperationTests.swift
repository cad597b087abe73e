import Glibc
import TestSupport
import Testing
@testable import TLS

private let files = CertificateFolder.shared

/// Against other people's programs: `openssl`, Python's `ssl` and `curl`, with the session moved to the socket.
@Suite struct InteroperationTests {
  static let flags: [TLSVersion: String] = [.v12: "-tls1_2", .v13: "-tls1_3"]

  // MARK: openssl s_server

  func server(_ version: TLSVersion, showing certificate: String = "localhost", _ more: [String] = []) throws -> (ChildProcess, UInt16) {
    let child = try ChildProcess(
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.file("\(certificate).pem"), "-key",
        files.file("\(certificate).key"),
        "-alpn", "http/1.1", Self.flags[version]!,
      ] + more)
    return (child, try child.number(after: "ACCEPT 127.0.0.1:"))
  }

  func dial(_ context: TLSContext, _ port: UInt16, name: String = "localhost") throws -> Link {
    var link = Link(try context.makeClientSession(serverName: name, port: Int(port)), on: try Loopback.connect(port: port))
    try link.handshake()
    return link
  }

  @Test(arguments: TLSVersion.allCases)
  func clientAgainstOpenSSL(version: TLSVersion) throws {
    let (child, port) = try server(version, ["-rev"])
    let context = try TLSContext(client: files.client())
    for attempt in 0..<3 {
      var link = try dial(context, port)
      let protocolVersion = link.session.protocolVersion
      #expect(protocolVersion == version)
      let negotiatedALPN = link.session.negotiatedALPN
      #expect(negotiatedALPN == "http/1.1")
      let wasResumed = link.session.wasResumed
      #expect(wasResumed == (attempt > 0))
      try link.send("memory\n")
      let first = try link.receiveText(7)
      #expect(first == "yromem\n")
      let early = try link.attach()
      #expect(early.isEmpty)
      try link.send("socket\n")
      let second = try link.receiveText(7)
      #expect(second == "tekcos\n")
      try link.shutdown()
    }
    #expect(child.pid > 0)
  }

  static let refused = [
    ("expired", "localhost", "certificate_expired"), ("rogue", "localhost", "untrusted"), ("localhost", "wrong.test", "host_mismatch"),
  ]

  @Test(arguments: refused)
  func clientRefusesOpenSSL(certificate: String, name: String, error: String) throws {
    let (child, port) = try server(.v13, showing: certificate)
    let failure = #expect(throws: TLSError.self) { _ = try dial(TLSContext(client: files.client()), port, name: name) }
    #expect(failure?.name == error)
    try child.wait(for: "alert")
  }

  /// The server asks us for new keys, and later takes new keys itself, while we are on the socket.
  @Test func keyUpdatesOfOpenSSLServer() throws {
    let (child, port) = try server(.v13)
    var link = try dial(TLSContext(client: files.client()), port)
    _ = try link.attach()
    try link.send("one\n")
    try child.wait(for: "one")
    try child.write("tickets are behind us\n")
    let first = try link.receiveText(22)
    #expect(first == "tickets are behind us\n")
    for (command, word) in [("K\n", "two\n"), ("k\n", "three\n"), ("K\n", "four\n")] {
      try child.write(command)
      try link.waitForInput()  // the KeyUpdate; the server takes one command per read of its input
      try child.write("x" + word)
      let got = try link.receiveText(1 + word.utf8.count)
      #expect(got == "x" + word)
      try link.send("got " + word)
      try child.wait(for: "got " + word)
    }
  }

  @Test func clientCertificateForOpenSSL() throws {
    let (child, port) = try server(.v13, ["-Verify", "1", "-CAfile", files.file("ca.pem"), "-verify_return_error", "-rev"])
    var link = try dial(TLSContext(client: files.client(identity: files.identity("alice"))), port)
    try link.send("hi\n")
    let answer = try link.receiveText(3)
    #expect(answer == "ih\n")
    try link.shutdown()
    link.finish()
    let failure = #expect(throws: TLSError.self) {
      var anonymous = try dial(TLSContext(client: files.client()), port)
      _ = try anonymous.receive(1)
    }
    #expect(failure == .protocol(reason: "tlsv13 alert certificate required"))
    #expect(child.pid > 0)
  }

  // MARK: openssl s_client

  func client(_ port: UInt16, _ version: TLSVersion, _ more: [String] = []) throws -> ChildProcess {
    try ChildProcess(
      [
        "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost", "-verify_hostname", "localhost", "-CAfile",
        files.file("ca.pem"), "-verify_return_error", Self.flags[version]!,
      ] + more)
  }

  func accept(_ context: TLSContext, _ listener: borrowing Loopback) throws -> Link {
    var link = Link(try context.makeServerSession(), on: try listener.accept())
    try link.handshake()
    return link
  }

  @Test(arguments: TLSVersion.allCases)
  func serverAgainstOpenSSL(version: TLSVersion) throws {
    let context = try TLSContext(server: files.server("localhost", .v13, .optional(authorities: .file(files.file("ca.pem")))))
    let listener = try Loopback()
    let ticket = files.file("ticket-\(version)")
    for attempt in 0..<2 {
      let saving = attempt == 0 ? ["-sess_out", ticket] : ["-sess_in", ticket]
      let child = try client(
        listener.port, version, ["-alpn", "h2,http/1.1", "-cert", files.file("alice.pem"), "-key", files.file("alice.key")] + saving)
      var link = try accept(context, listener)
      let protocolVersion = link.session.protocolVersion
      #expect(protocolVersion == version)
      let negotiatedALPN = link.session.negotiatedALPN
      #expect(negotiatedALPN == "http/1.1")
      let peerSubject = link.session.peerSubject
      #expect(peerSubject == "CN=alice,O=Example")
      let wasResumed = link.session.wasResumed
      #expect(wasResumed == (attempt == 1))
      _ = try link.attach()
      try child.write("from openssl\n")
      let got = try link.receiveText(13)
      #expect(got == "from openssl\n")
      try link.send("from us\n")
      try child.wait(for: "from us")
      #expect(child.text.contains("Verification: OK") || child.text.contains("Verify return code: 0 (ok)"))
      try link.shutdown()
      #expect(try child.finish() == 0)
    }
  }

  @Test func keyUpdatesOfOpenSSLClient() throws {
    let listener = try Loopback()
    let child = try client(listener.port, .v13)
    var link = try accept(TLSContext(server: files.server()), listener)
    _ = try link.attach()
    try child.write("one\n")
    var got = try link.receiveText(4)
    #expect(got == "one\n")
    for (command, word) in [("K\n", "two\n"), ("k\n", "three\n"), ("K\n", "four\n")] {
      try child.write(command)
      try child.wait(for: "KEYUPDATE")  // the client takes one command per read of its input
      try child.write("x" + word)
      got = try link.receiveText(1 + word.utf8.count)
      #expect(got == "x" + word)
      try link.send("got " + word)
      try child.wait(for: "got " + word)
    }
  }

  // MARK: Python

  /// Connects, sends every line of its input, ends its direction of the transport without a close_notify, prints what it reads.
  static let pythonClient = """
    import os, socket, ssl, sys
    port, ca, version, cert, key = sys.argv[1:6]
    c = ssl.create_default_context(cafile=ca)
    c.minimum_version = c.maximum_version = ssl.TLSVersion(int(version))
    c.set_alpn_protocols(["http/1.1"])
    if cert: c.load_cert_chain(cert, key)
    s = c.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost")
    print(s.version(), s.selected_alpn_protocol(), flush=True)
    for line in sys.stdin.buffer: s.sendall(line)
    socket.socket(fileno=os.dup(s.fileno())).shutdown(socket.SHUT_WR)
    got = b""
    while True:
      b = s.recv(65536)
      if not b: break
      got += b
    print("got", len(got), got[:40].decode(), flush=True)
    """

  /// Echoes in upper case, drips its answer one byte per record, ends with a close_notify.
  static let pythonServer = """
    import socket, ssl, sys
    cert, key, version, ca = sys.argv[1:5]
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(cert, key)
    c.minimum_version = c.maximum_version = ssl.TLSVersion(int(version))
    if ca:
      c.load_verify_locations(ca)
      c.verify_mode = ssl.CERT_REQUIRED
    l = socket.create_server(("127.0.0.1", 0))
    print("port", l.getsockname()[1], flush=True)
    s = c.wrap_socket(l.accept()[0], server_side=True)
    print("peer", s.getpeercert(), flush=True)
    got = b""
    while not got.endswith(b"."):
      got += s.recv(65536)
    for b in got.upper(): s.sendall(bytes([b]))
    s.unwrap()
    print("closed", flush=True)
    """

  static let pythonVersions: [TLSVersion: String] = [.v12: "771", .v13: "772"]

  @Test(arguments: TLSVersion.allCases)
  func serverAgainstPython(version: TLSVersion) throws {
    let listener = try Loopback()
    let context = try TLSContext(server: files.server("localhost", .v13, .required(authorities: .file(files.file("ca.pem")))))
    let child = try ChildProcess(
      [
        "python3", "-c", Self.pythonClient, "\(listener.port)", files.file("ca.pem"), Self.pythonVersions[version]!,
        files.file("alice.pem"),
        files.file("alice.key"),
      ])
    var link = try accept(context, listener)
    _ = try link.attach()
    try child.wait(for: "\(version) http/1.1")
    try child.write("half closed\n")
    child.closeInput()
    let got = try link.receiveText(100)
    #expect(got == "half closed\n", "read to the end of the peer's direction")
    try link.send([UInt8](repeating: UInt8(ascii: "y"), count: 100_000))
    try link.shutdown()
    link.finish()
    #expect(try child.finish() == 0)
    #expect(child.text.contains("got 100000 yyyy"))
  }

  @Test(arguments: TLSVersion.allCases)
  func clientAgainstPython(version: TLSVersion) throws {
    let child = try ChildProcess(
      [
        "python3", "-c", Self.pythonServer, files.file("localhost.pem"), files.file("localhost.key"), Self.pythonVersions[version]!,
        files.file("ca.pem"),
      ])
    let port = try child.number(after: "port ")
    var link = try dial(TLSContext(client: files.client(identity: files.identity("alice"))), port, name: "127.0.0.1")
    let protocolVersion = link.session.protocolVersion
    #expect(protocolVersion == version)
    try child.wait(for: "alice.example")
    _ = try link.attach()
    let text = String(repeating: "drip ", count: 100) + "."
    try link.send(text)
    let answer = try link.receiveText(text.utf8.count + 1)
    #expect(answer == text.uppercased())
    try link.shutdown()
    #expect(try child.finish() == 0)
    #expect(child.text.contains("closed"))
  }

  // MARK: curl

  @Test(arguments: TLSVersion.allCases)
  func serverAgainstCurl(version: TLSVersion) throws {
    let listener = try Loopback()
    let child = try ChildProcess(
      [
        "curl", "-sS", "-v", "--noproxy", "*", "--cacert", files.file("ca.pem"), "--tls-max", version == .v12 ? "1.2" : "1.3",
        "https://127.0.0.1:\(listener.port)/path",
      ])
    var link = try accept(TLSContext(server: files.server()), listener)
    let protocolVersion = link.session.protocolVersion
    #expect(protocolVersion == version)
    let negotiatedALPN = link.session.negotiatedALPN
    #expect(negotiatedALPN == "http/1.1")
    let request = try link.receiveText(1)
    #expect(request.hasPrefix("GET /path HTTP/1.1\r\n"))
    _ = try link.attach()
    try link.send("HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nhello!\n")
    try link.shutdown()
    #expect(try child.finish() == 0)
    #expect(child.text.contains("hello!"))
    #expect(child.text.contains("\(version)"))
  }
}
