import Glibc
import JSON
import TestSupport
import Testing
@testable import WebSocket

/// Pools of credentials, and credentials that change, at an upstream that the tests play.
@Suite struct UpstreamCredentialTests {
  private static let keys = ["KEY_A": "canary-key-a-51f7", "KEY_B": "canary-key-b-51f7"]

  private static func table(_ port: UInt16, _ credentials: String, more: String = "") -> String {
    AdmissionTable.head + AdmissionTable.vendor(port: port) + """
      upstreams:
        home: {vendor: test.vendor, \(credentials)\(more)}
      defaults: {authentication: none}
      routes:
        /home: {upstream: home}

      """
  }

  private static let pool = "credentials: [{env: KEY_A}, {env: KEY_B}]"

  /// The last letter of the key that an upstream was shown.
  private func letter(_ head: RawConnection.Head) -> Character? {
    let key = head["Authorization"].first?.split(separator: " ").last.map { String($0) }
    return Self.keys.first { $0.value == key }?.key.last
  }

  /// One session, which the upstream takes.
  private func open(_ gateway: GatewayProcess, _ listener: RawListener) throws -> (AdmissionClient, UpstreamEnd) {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let upstream = try UpstreamEnd(listener)
    return (try AdmissionClient(connection), upstream)
  }

  /// One session that the only key opens, and that the upstream refuses: what its client hears.
  private func refuse(_ gateway: GatewayProcess, _ listener: RawListener, _ status: String, _ more: String = "") throws
    -> RawConnection.Head
  {
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let upstream = try listener.accept()
    _ = try upstream.head()
    try upstream.send(UpstreamFailoverTests.answer(status, more))
    return try connection.head()
  }

  private func credentials(_ gateway: GatewayProcess) throws -> [JSONValue] {
    try UpstreamFailoverTests.upstreams(gateway).first?["credentials"]?.arrayValue ?? []
  }

  /// Waits until so many sessions have each of the credentials.
  private func waitForSessions(_ counts: [Int64], _ gateway: GatewayProcess) throws {
    var found: [JSONValue?] = []
    for _ in 0..<1_000 {
      found = try credentials(gateway).map { $0["sessions"] }
      if found == counts.map({ .int($0) }) { return }
      usleep(20_000)
    }
    Issue.record("sessions \(found), not \(counts)")
  }

  @Test func weights() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(
      Self.table(listener.port, "credentials: [{secret: {env: KEY_A}, weight: 2}, {env: KEY_B}]"), environment: Self.keys)
    var sessions: [(AdmissionClient, UpstreamEnd)] = []
    for _ in 0..<6 { sessions.append(try open(gateway, listener)) }
    #expect(String(sessions.compactMap { letter($0.1.asked) }) == "ABAABA")
    try waitForSessions([4, 2], gateway)
    for (client, upstream) in sessions {
      try upstream.close(1000)
      _ = try client.close()
    }
    try waitForSessions([0, 0], gateway)
    for key in Self.keys.values { #expect(!gateway.log.contains(key)) }
  }

  @Test func soManyAtATime() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(
      Self.table(listener.port, "credentials: [{secret: {env: KEY_A}, concurrent: 1}, {secret: {env: KEY_B}, concurrent: 1}]"),
      environment: Self.keys)
    let first = try open(gateway, listener)
    let second = try open(gateway, listener)
    #expect(Set([first, second].compactMap { letter($0.1.asked) }) == ["A", "B"])
    let refused = try AdmissionClient(gateway, UpgradeRequest("/home"))
    try RefusalTests.check(refused.answer, 503, "over_capacity", "all busy")
    #expect(!refused.answer["Retry-After"].isEmpty)
    try first.1.close(1000)
    _ = try first.0.close()
    try waitForSessions([0, 1], gateway)
    #expect(letter(try open(gateway, listener).1.asked) == "A")
  }

  /// Refused or throttled, a key rests; the session goes on with another one at the same endpoint.
  @Test(arguments: [
    ("401 Unauthorized", "", "401"), ("402 Payment Required", "", "402"), ("429 Too Many Requests", "Retry-After: 600\r\n", "429"),
  ])
  func aKeyThatIsNotWantedRests(status: String, more: String, reason: String) throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table(listener.port, Self.pool), environment: Self.keys)
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let refusing = try listener.accept()
    #expect(letter(try refusing.head()) == "A")
    try refusing.send(UpstreamFailoverTests.answer(status, more))
    let taking = try UpstreamEnd(listener)
    #expect(letter(taking.asked) == "B")
    #expect(try AdmissionClient(connection).status == 101)
    for _ in 0..<3 { #expect(letter(try open(gateway, listener).1.asked) == "B") }
    let list = try credentials(gateway)
    #expect(list.map { $0["state"] } == ["resting", "ready"])
    #expect(list.map { $0["source"] } == ["{env: KEY_A}", "{env: KEY_B}"])
    let rests = "voxgate_upstream_credential_rests_total{upstream=\"home\",reason=\"\(reason)\"}"
    #expect(try gateway.metrics()[rests] == 1)
    #expect(try gateway.logLine(with: "credential rests").contains("KEY_A"))
    for text in Array(Self.keys.values) + [UpstreamFailoverTests.canary] { #expect(!gateway.log.contains(text), "\(text)") }
  }

  /// What the upstream names is kept, and passed on to clients where there is nothing else.
  @Test func allAreThrottled() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table(listener.port, "credential: {env: KEY_A}"), environment: Self.keys)
    let throttled = try refuse(gateway, listener, "429 Too Many Requests", "Retry-After: 600\r\n")
    try RefusalTests.check(throttled, 502, "upstream_refused", "throttled")
    let refused = try AdmissionClient(gateway, UpgradeRequest("/home"))
    try RefusalTests.check(refused.answer, 503, "circuit_open", "rests")
    let seconds = refused.answer["Retry-After"].first.flatMap { Int($0) } ?? 0
    #expect((500...600).contains(seconds))
    try waitForSessions([0], gateway)
  }

  /// A guess of the gateway's own does not keep the only key from being used.
  @Test func theOnlyKeyIsTriedAgain() throws {
    let listener = try RawListener()
    let gateway = try GatewayProcess(Self.table(listener.port, "credential: {env: KEY_A}"), environment: Self.keys)
    try RefusalTests.check(try refuse(gateway, listener, "401 Unauthorized"), 502, "upstream_refused", "refused")
    #expect(try open(gateway, listener).0.status == 101)
    #expect(try credentials(gateway).first?["state"] == "ready")
  }

  // MARK: Secrets that change

  /// The upstream refuses a key that is another one by now: it is read again, and the client notices nothing.
  @Test func aKeyThatWasReplaced() throws {
    let (listener, folder) = (try RawListener(), TemporaryFolder())
    let file = try folder.write("key", "canary-old-9d\n")
    let command = #"{command: [cat, "\#(file)"]}"#
    let gateway = try GatewayProcess(Self.table(listener.port, "credential: \(command)", more: ", refresh: off"))
    #expect(try open(gateway, listener).1.asked["Authorization"] == ["Bearer canary-old-9d"])
    try folder.write("key", "canary-new-9d\n")
    usleep(2_100_000)
    let connection = try RawConnection(port: gateway.port)
    try connection.send(UpgradeRequest("/home").text)
    let refusing = try listener.accept()
    #expect(try refusing.head()["Authorization"] == ["Bearer canary-old-9d"])
    try refusing.send(UpstreamFailoverTests.answer("401 Unauthorized"))
    let taking = try UpstreamEnd(listener)
    #expect(taking.asked["Authorization"] == ["Bearer canary-new-9d"])
    #expect(try AdmissionClient(connection).status == 101)
    #expect(try credentials(gateway).first?["state"] == "ready")
    #expect(!gateway.log.contains("canary-"))
  }

  /// Read again from time to time; what cannot be read leaves the earlier one in force, and is said.
  @Test func refresh() throws {
    let (listener, folder) = (try RawListener(), TemporaryFolder())
    let file = try folder.write("key", "canary-old-9d")
    _ = unsafe chmod(file, 0o600)
    let command = #"{command: [cat, "\#(file)"]}"#
    let gateway = try GatewayProcess(Self.table(listener.port, "credential: \(command)", more: ", refresh: 1s"))
    try folder.write("key", "canary-new-9d")
    #expect(try gateway.logLine(with: "credential replaced").contains("{command: [cat, ...]}"))
    #expect(try open(gateway, listener).1.asked["Authorization"] == ["Bearer canary-new-9d"])
    _ = unsafe unlink(file)
    #expect(try gateway.logLine(with: "credential not replaced").contains("exit code 1"))
    #expect(try open(gateway, listener).1.asked["Authorization"] == ["Bearer canary-new-9d"])
    #expect(try credentials(gateway).first?["error"]?.stringValue?.contains("exit code 1") == true)
    #expect(!gateway.log.contains("canary-"))
  }
}
