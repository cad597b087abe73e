import Configuration
import Guards
import NIOCore
import Tokens
import Vendors
import WebSocket

/// A vendor's simulator on a loopback port, driven by the vendor's own descriptor.
struct SimulatorServer: RequestServer {
  private let descriptor: VendorDescriptor
  private let secret: String?
  private let misbehaviour: Misbehaviour?

  /// - Parameter secret: the credential that counts; nil where any will do, as long as it is where the vendor wants it.
  init(_ descriptor: VendorDescriptor, secret: String?, misbehaviour: Misbehaviour?) {
    self.descriptor = descriptor
    self.secret = secret
    self.misbehaviour = misbehaviour
  }

  func serve(_ head: RequestHead, on connection: AcceptedConnection) async {
    if !head.asksForUpgrade, let answer = await rest(head, on: connection) {
      return await connection.answer(answer, withBody: head.method != "HEAD")
    }
    let opening: ServerOpening
    do throws(OpeningError) {
      opening = try ServerOpening(method: head.method, version: head.version, headers: head.headers)
    } catch {
      return await connection.answer(HTTPAnswer.text("\(error.text)\n", status: error.status))
    }
    let request = ClientRequest(
      rest: head.path, query: head.query, headers: head.headers.map { ($0.name, $0.value) }, subprotocols: opening.subprotocols)
    let unixTime = Int(Moment.now.unixSeconds)
    switch SimulatorSession.admit(
      request, descriptor, secret: secret, seed: Self.seed(), unixTime: unixTime, misbehaviour: misbehaviour)
    {
    case .refused(let refusal):
      let headers = refusal.headers.map { ($0.name, $0.value) }
      await connection.answer(HTTPAnswer(status: refusal.status, headers: headers, body: Array(refusal.body.utf8)))
    case .accepted(let session, let subprotocol):
      let headers = opening.responseHeaders(subprotocol: subprotocol).map { ($0.name, $0.value) }
      let head = HTTPAnswer.head(status: 101, headers: headers) + "\r\n"
      try? await connection.speak(Array(head.utf8)) { SimulatorEndpoint(session) }
    }
  }

  /// The answer to a request that comes before a session: for a URL or for a token. Nil for any other.
  private func rest(_ head: RequestHead, on connection: AcceptedConnection) async -> HTTPAnswer? {
    let body: [UInt8]
    do throws(Refusal) {
      body = try await connection.body(of: head, most: 1 << 20, within: .seconds(10))
    } catch {
      return HTTPAnswer(error, session: connection.session)
    }
    let request = ClientRequest(
      rest: head.path, query: head.query, headers: head.headers.map { ($0.name, $0.value) }, subprotocols: [])
    let answer = SimulatorREST.answer(
      head.method, request, body: String(decoding: body, as: UTF8.self), descriptor, secret: secret,
      authority: head.values("Host").first ?? "127.0.0.1:\(connection.localPort)", seed: Self.seed(),
      unixTime: Int(Moment.now.unixSeconds))
    return answer.map {
      HTTPAnswer(status: $0.status, headers: $0.headers.map { ($0.name, $0.value) }, body: Array($0.body.utf8))
    }
  }

  private static func seed() -> UInt64 { SecureRandom.bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

  /// Starts a vendor's simulator.
  ///
  /// - Parameters:
  ///   - port: 0 for one that is free.
  ///   - secret: see above.
  static func start(
    _ descriptor: VendorDescriptor, port: Int = 0, secret: String?, misbehaviour: Misbehaviour? = nil, group: any EventLoopGroup
  ) async throws(ListeningSocket.Failure) -> ListeningSocket {
    let address = ListenAddress.network(host: .v4(0x7F00_0001), port: port)
    return try await ListeningSocket.bind(
      ListeningSocket.Settings(address: address, maximumEarly: 16 << 20), group: group,
      server: SimulatorServer(descriptor, secret: secret, misbehaviour: misbehaviour))
  }
}
