import JSON
import TestSupport
import WebSocket

/// A client that has sent its request and has its answer; where that is 101 it speaks frames.
final class AdmissionClient {
  let connection: RawConnection
  let answer: RawConnection.Head
  private var assembler = MessageAssembler(receiver: .client)
  private var events: [MessageEvent] = []

  /// - Parameter source: the loopback address to come from.
  init(_ gateway: GatewayProcess, _ request: UpgradeRequest, from source: String? = nil) throws {
    connection = try RawConnection(port: gateway.port, from: source)
    try connection.send(request.text)
    answer = try connection.head()
  }

  /// Takes a connection over whose request the test has sent itself.
  init(_ connection: RawConnection) throws {
    self.connection = connection
    answer = try connection.head()
  }

  var status: Int { answer.status }

  /// The next message or control frame; nil at the end of the connection.
  func next() throws -> MessageEvent? {
    while events.isEmpty {
      guard let bytes = try connection.take() else { return nil }
      try assembler.receive(bytes, into: &events)
    }
    return events.removeFirst()
  }

  /// The gateway's Close as `1008 Invalid token`, whatever comes before it left aside; nil when there is none.
  func close() throws -> String? {
    while let event = try next() {
      if case .close(let payload) = event { return "\(payload.code?.rawValue ?? 1005) \(payload.reason)" }
    }
    return nil
  }

  func send(_ message: Message) throws { try connection.send(message.frame(maskKey: 0x0102_0304)) }

  /// Sends a Close and waits for the end of the connection.
  func leave() throws {
    try connection.send(FrameHeader.frame(opcode: .close, payload: ClosePayload.encode(code: .normal), maskKey: 0x0102_0304))
    while try next() != nil {}
  }
}

extension GatewayProcess {
  /// The record of an event in the log, waiting for it.
  ///
  /// - Parameter session: the id that the client was given.
  func record(_ event: String, session: String) throws -> JSONValue {
    try JSONValue.parse(Array(logLine(with: "\"event\":\"\(event)\"", "\"session\":\"\(session)\"").utf8))
  }

  /// One page by GET.
  func get(_ path: String, port: UInt16? = nil, method: String = "GET", _ headers: [(String, String)] = []) throws -> RawConnection.Head {
    let connection = try RawConnection(port: port ?? self.port)
    let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    try connection.send("\(method) \(path) HTTP/1.1\r\nHost: \(port == adminPort ? "localhost" : "voxgate.test")\r\n\(lines)\r\n")
    return try connection.head(withBody: method != "HEAD")
  }

  /// The metrics now.
  func metrics() throws -> PrometheusPage { try PrometheusPage(get("/metrics", port: adminPort).text) }
}
