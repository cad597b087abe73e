import TestSupport
import Testing

/// A Python program that is both ends of a route, and the gateway between them.
final class SessionsBench {
  /// The legs of a session that are encrypted.
  enum Legs: String {
    case none, client, upstream, both
  }

  let program: ChildProcess
  let gateway: GatewayProcess
  private var isTold = false

  /// Starts `Clients/NAME.py`, then a gateway whose route table may name the port of the program's upstream.
  init(
    _ name: String, _ arguments: [String], environment: [String: String] = [:],
    configuration: (_ upstream: UInt16, ChildProcess) throws -> String
  ) throws {
    program = try ChildProcess([Repository.python, "-B", "\(Repository.root)Tests/GatewayTests/Clients/\(name).py"] + arguments)
    gateway = try GatewayProcess(configuration(program.number(after: "upstream "), program), environment: environment)
  }

  /// Everything on `/any/*` goes to the program's own server.
  ///
  /// - Parameters:
  ///   - identity: the gateway's certificate and key.
  ///   - route: further keys of that route.
  ///   - others: further routes.
  ///   - defaults: further keys of `defaults`.
  ///   - settings: further lines of the table.
  convenience init(
    _ name: String, _ arguments: [String], encrypted: Legs = .none, identity: (certificate: String, key: String)? = nil, route: String = "",
    others: String = "", defaults: String = "", settings: String = ""
  ) throws {
    var listener = ""
    if encrypted == .client || encrypted == .both {
      let own = CertificateFolder.shared
      let (certificate, key) = identity ?? (own.file("localhost.pem"), own.file("localhost.key"))
      listener = ", tls: {certificate: \(certificate), key: \(key)}"
    }
    let isSecure = encrypted == .upstream || encrypted == .both
    let trust = isSecure ? ", tls: {ca: \(CertificateFolder.shared.file("ca.pem"))}" : ""
    try self.init(name, arguments) { port, _ in
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"\(listener)}]
      admin: {address: "127.0.0.1:0"}
      upstreams: {own: {url: "\(isSecure ? "wss" : "ws")://localhost:\(port)"\(trust)}}
      defaults: {authentication: none, timeouts: {ping_interval: off}\(defaults)}
      routes: {/any/*: {upstream: own\(route)}\(others)}
      \(settings)
      """
    }
  }

  /// Tells the program where the gateway is, or what stands before it.
  func tell(port: UInt16? = nil) throws {
    try program.write("\(port ?? gateway.port) \(gateway.pid) \(gateway.adminPort)\n")
    isTold = true
  }

  /// Lets the program judge; the gateway must be well afterwards.
  func judge(sourceLocation: SourceLocation = #_sourceLocation) throws {
    if !isTold { try tell() }
    let status = try program.finish()
    #expect(status == 0, "\(program.text)\n\(gateway.log)", sourceLocation: sourceLocation)
    #expect(try gateway.stop() == 0, "\(gateway.log)", sourceLocation: sourceLocation)
  }
}
