import Configuration
import Logging
import NIOPosix
import Telemetry
import TestSupport
import Testing
import Vendors
@testable import Gateway
@testable import Guards
@testable import Relay

/// When a session is seen by the operator: from where its reactor has it until it is over, in whatever order the two are learnt of.
@Suite struct SessionTicketTests {
  private func makeTicket(_ number: UInt64) throws -> (SessionTicket, GatewayCore) {
    let environment = ["K": "k"]
    let loading = GatewayConfiguration.load(
      text: ReloadTable.table("/a: {upstream: vendor}"), file: "upstreams.yaml", environment: environment,
      knownVendors: Catalogue.builtIn().names)
    let events = RecentEvents(), level = OperatorLog.Level(.info)
    let logger = Logger(label: "test") { _ in OperatorLog(SwiftLogNoOpLogHandler(), level: level, events: events) }
    let group = MultiThreadedEventLoopGroup.singleton
    let callers = CallerServices(group: group, logger: logger)
    let snapshot = try SnapshotBuilder(
      configuration: #require(loading.configuration), catalogue: Catalogue.builtIn(), environment: environment, simulators: [:],
      simulate: .none, callers: callers
    ).build()
    let core = GatewayCore(
      snapshot: snapshot, capacity: .claim(), admission: Admission(capacity: 4), metrics: GatewayMetrics(), reactors: [], callers: callers,
      events: events, logger: logger, level: level, logLoop: group.next())
    let service = try #require(snapshot.routes.first)
    let client = ClientAddress(.v4(0x7F00_0001))
    let admitted = try core.admission.enter(
      AdmissionRequest(client: client, ip: client.logged(masked: true)), policy: service.policy, now: .now)
    return (SessionTicket(admitted, core: core, label: SessionLabel(session: "s\(number)"), service: service, number: number), core)
  }

  @Test func seenOnceItsReactorHasIt() throws {
    let (ticket, core) = try makeTicket(7)
    ticket.opened()
    // A close would come before the session, and be lost.
    #expect(core.registry.session("s7") == nil)
    ticket.listed()
    #expect(core.registry.session("s7") === ticket && core.registry.sessions().count == 1)
    ticket.ended(SessionOutcome(id: 7))
    #expect(core.registry.session("s7") == nil && core.admission.connections.total == 0)
  }

  /// The address has fewer places than sessions: that is told, and nothing is counted below zero.
  @Test func itsPlaceIsGoneAlready() async throws {
    let (ticket, core) = try makeTicket(9)
    ticket.opened()
    core.admission.connections.release([LimitKey(own: Admission.perAddress, .address(ClientAddress(.v4(0x7F00_0001)).key))])
    ticket.ended(SessionOutcome(id: 9))
    await withCheckedContinuation { over in core.log { _ in over.resume() } }
    let events = core.events.latest.map { event in event.fields.mapValues { "\($0)" } }
    #expect(events.map { $0["event"] }.prefix(2) == ["WS_CONNECTION_CLOSED", "WS_CONNECTION_CLEANUP_WARNING"])
    #expect(events.first?["remainingConnections"] == "0" && events.dropFirst().first?["currentConnections"] == "0", "\(events)")
  }

  @Test func overBeforeItIsSeen() throws {
    let (ticket, core) = try makeTicket(8)
    ticket.opened()
    ticket.ended(SessionOutcome(id: 8))
    ticket.listed()
    #expect(core.registry.sessions().isEmpty && core.admission.connections.total == 0)
  }
}
