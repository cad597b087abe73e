import Glibc
import TestSupport
import Testing
import WebSocket
@testable import Relay

/// Many sessions that open, talk and end in every way, all mixed.
@Suite struct RelayChurnTests {
  private enum Ending: CaseIterable {
    case clientClose, upstreamClose, bothClose, clientReset, upstreamReset, clientFinish, upstreamFinish, gateway, violation
  }

  /// One session, driven in small steps that never wait.
  private final class Visit {
    let session: Bench.Session
    let ending: Ending
    let up: FrameStream
    let down: FrameStream
    private var sent = [0, 0]
    private var received: [[UInt8]] = [[], []]
    private(set) var isOver = false

    init(_ bench: Bench, using random: inout SeededGenerator) throws {
      up = FrameStream(sender: .client, messages: random.number(0...6), longest: 9_000, controls: false, using: &random)
      down = FrameStream(sender: .server, messages: random.number(0...6), longest: 9_000, controls: false, using: &random)
      ending = Ending.allCases.randomElement(using: &random)!
      session = try bench.open(Bench.terms, random.chance(0.5) ? .local : .tcp)
    }

    private var peers: [Peer] { [session.client, session.upstream] }
    private func stream(from index: Int) -> FrameStream { index == 0 ? up : down }

    func step(_ bench: Bench, using random: inout SeededGenerator) throws {
      let index = random.number(0...1)
      let peer = peers[index], bytes = stream(from: index).bytes
      if let more = try peer.tryRead() { received[index] += more }
      if sent[index] < bytes.count {
        let end = min(bytes.count, sent[index] + random.number(1...3_000))
        sent[index] += try peer.trySend(Array(bytes[..<end]), from: sent[index])
      } else if isWhole(0) && isWhole(1) || (random.chance(0.02) && mayEnd) {
        try end(bench)
      }
    }

    private func isWhole(_ index: Int) -> Bool { sent[index] == stream(from: index).bytes.count }

    /// Only between two frames can an end send another one.
    private var mayEnd: Bool {
      switch ending {
      case .clientClose, .violation: isWhole(0)
      case .upstreamClose: isWhole(1)
      case .bothClose: isWhole(0) && isWhole(1)
      default: true
      }
    }

    private func end(_ bench: Bench) throws {
      isOver = true
      let client = session.client, upstream = session.upstream
      switch ending {
      case .clientClose: try client.sendClose(4_000, "client")
      case .upstreamClose: try upstream.sendClose(4_001, "upstream")
      case .bothClose:
        try client.sendClose(4_000, "client")
        try upstream.sendClose(4_001, "upstream")
      case .clientReset: client.reset()
      case .upstreamReset: upstream.reset()
      case .clientFinish: client.finish()
      case .upstreamFinish: upstream.finish()
      case .gateway: bench.reactor.close(session: session.id, SessionEnd(name: "churn", code: .goingAway, reason: "Churn"))
      case .violation: try client.send(raw: [0x83, 0x80, 0, 0, 0, 0])
      }
    }

    /// Waits until the reactor knows of the end, and compares what came.
    func leave(_ bench: Bench) throws {
      switch ending {
      case .clientClose, .violation: try readBeyondData([1])
      case .upstreamClose: try readBeyondData([0])
      case .bothClose: try readBeyondData([0, 1])
      case .clientReset, .clientFinish: try waitForBurial(session.downstreamDescriptor, session.sockets[0])
      case .upstreamReset, .upstreamFinish: try waitForBurial(session.upstreamDescriptor, session.sockets[1])
      case .gateway: break
      }
      for (index, peer) in peers.enumerated() {
        let expected = stream(from: 1 - index).data
        #expect(received[index].starts(with: expected) || expected.starts(with: received[index]), "\(ending), \(peer.role)")
        peer.close()
      }
    }

    /// All of the other end's data, and then the Close frame.
    private func readBeyondData(_ indices: [Int]) throws {
      for index in indices {
        let expected = stream(from: 1 - index).data
        while received[index].count <= expected.count, let more = try peers[index].read() { received[index] += more }
        #expect(received[index].count > expected.count && received[index].starts(with: expected), "\(ending)")
      }
    }

    private func waitForBurial(_ descriptor: Int32, _ identity: UInt64) throws {
      try Ledger.wait("\(ending) to be seen") { SocketPair.identity(of: descriptor) != identity }
    }

    func check(_ outcome: SessionOutcome) {
      switch ending {
      case .clientClose: #expect(outcome.closedBy == .downstream && outcome.cause == "closed" && outcome.reason == "client")
      case .upstreamClose: #expect(outcome.closedBy == .upstream && outcome.cause == "closed" && outcome.reason == "upstream")
      case .bothClose: #expect(outcome.cause == "closed" && outcome.reason == (outcome.closedBy == .downstream ? "client" : "upstream"))
      case .clientReset, .clientFinish: #expect(outcome.closedBy == .downstream && outcome.cause == "lost")
      case .upstreamReset, .upstreamFinish: #expect(outcome.closedBy == .upstream && outcome.cause == "lost")
      // The far ends are closed without waiting, so either may be seen to be lost before the request arrives.
      case .gateway: #expect(["churn", "lost"].contains(outcome.cause))
      case .violation: #expect(outcome.closedBy == .downstream && outcome.cause == "reserved_opcode")
      }
    }
  }

  @Test(arguments: [1, 2] as [UInt64])
  func fiveHundredSessions(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bench = try Bench(readSize: 4_096)
    var present: [Visit] = []
    var past: [Visit] = []
    var opened = 0
    while opened < 500 || !present.isEmpty {
      if opened < 500, present.count < 60, random.chance(0.3) || present.isEmpty {
        present.append(try Visit(bench, using: &random))
        opened += 1
      }
      let index = random.number(0...(present.count - 1))
      try present[index].step(bench, using: &random)
      if present[index].isOver {
        let visit = present.remove(at: index)
        try visit.leave(bench)
        past.append(visit)
      }
    }
    for visit in past { visit.check(try bench.outcome(of: visit.session)) }
    try bench.finish()
  }
}
