import NIOCore
import NIOPosix
import TestSupport
import Testing
@testable import Gateway

@Suite struct ConnectionRaceTests {
  private let loop = MultiThreadedEventLoopGroup.singleton.next()

  private func addresses(_ texts: [String]) throws -> [SocketAddress] {
    try texts.map { try SocketAddress(ipAddress: $0, port: 443) }
  }

  @Test(arguments: [
    (["::1", "::2", "127.0.0.1", "127.0.0.2"], ["::1", "127.0.0.1", "::2", "127.0.0.2"]),
    (["127.0.0.1", "::1", "::2", "::3"], ["127.0.0.1", "::1", "::2", "::3"]), (["127.0.0.1"], ["127.0.0.1"]), ([], []),
  ])
  func familiesTakeTurns(given: [String], expected: [String]) throws {
    #expect(try ConnectionRace.interleaved(addresses(given)) == addresses(expected))
  }

  @Test func whoRefusesIsPassedAtOnce() async throws {
    let (closed, open) = (try RawListener(listening: false), try RawListener())
    let ends = try [closed, open].map { try SocketAddress(ipAddress: "127.0.0.1", port: Int($0.port)) }
    let winner = try await ConnectionRace.Handle(on: loop).start(ends, by: .now() + .seconds(30)).get()
    #expect(winner.remoteAddress == ends[1])
    try await winner.close()
  }

  /// The one after a silent one gets its turn, and wins; who is late is closed.
  @Test func whoSaysNothingIsOvertaken() async throws {
    let open = try RawListener()
    // Nobody has this address (RFC 5737).
    let ends = [
      try SocketAddress(ipAddress: "192.0.2.1", port: 9), try SocketAddress(ipAddress: "127.0.0.1", port: Int(open.port)),
    ]
    let winner = try await ConnectionRace.Handle(on: loop).start(ends, by: .now() + .seconds(30)).get()
    #expect(winner.remoteAddress == ends[1])
    try await winner.close()
  }

  @Test func nobodyAnswers() async throws {
    let closed = try RawListener(listening: false)
    let end = try SocketAddress(ipAddress: "127.0.0.1", port: Int(closed.port))
    await #expect(throws: DialFailure.unreachable("Connection refused")) {
      try await ConnectionRace.Handle(on: loop).start([end, end], by: .now() + .seconds(30)).get()
    }
  }

  @Test func cancelling() async throws {
    let race = ConnectionRace.Handle(on: loop)
    let result = race.start([try SocketAddress(ipAddress: "192.0.2.1", port: 9)], by: .now() + .seconds(60))
    race.cancel()
    // A network may say at once that there is no way.
    do {
      try await result.get().close()
      Issue.record("connected to nobody")
    } catch let failure as DialFailure {
      #expect(failure == .cancelled || failure.name == "unreachable")
    }
  }
}
