import Glibc
import Synchronization
import TestSupport
import Testing
import WebSocket
@testable import Relay

/// A reader stalls while little comes that becomes much: the input itself waits then, and what becomes of it is bounded.
@Suite struct RelayHeldInputTests {
  private static let buffer: Int32 = 16_384

  private static var terms: RelayTerms {
    var terms = RelayTerms(maximumMessage: 0, maximumRatio: 0, closeTimeout: 60_000, linger: 60_000)
    terms.downstream.buffer = 32_768
    terms.upstream.buffer = 32_768
    return terms
  }

  /// 8 MB in a few messages, which come in a few reads.
  private static func flood() -> [Message] { (0..<4 as Range<UInt8>).map { .binary([UInt8](repeating: $0, count: 2 << 20)) } }

  /// Sends the flood, and waits until the reactor reads no more of it.
  private static func stall(_ bench: Bench, _ from: Peer) throws -> (messages: [Message], size: Int) {
    let messages = flood()
    let bytes = messages.flatMap { from.frame($0) }
    let pauses = bench.counters.pauses
    try from.send(raw: bytes)
    try Ledger.wait("the reactor to stop reading") { bench.counters.pauses > pauses }
    return (messages, bytes.count)
  }

  /// What waits for the reader is one batch more than may wait, however much it was when it came; and nothing is lost.
  @Test(arguments: [Party.downstream, .upstream], SocketPair.Kind.allCases)
  func stalledReader(sender: Party, kind: SocketPair.Kind) throws {
    let bench = try Bench()
    let agreed = RelayCompressionTests.takeover(sender)
    let session = try bench.open(Self.terms, kind, buffer: Self.buffer, down: agreed.down, up: agreed.up)
    let (from, to) = RelayCompressionTests.legs(session, sender)
    let (messages, size) = try Self.stall(bench, from)
    // The other direction goes on.
    try to.send("still here")
    #expect(try from.next() == .message(.text("still here")))
    let wakeUps = bench.counters.wakeUps
    usleep(200_000)
    #expect(bench.counters.wakeUps - wakeUps < 20)
    for message in messages { #expect(try to.next() == .message(message)) }
    try from.sendClose(1_000)
    #expect(try to.answerClose() == ClosePayload(code: .normal))
    #expect(try from.rest() == [.close(ClosePayload(code: .normal))])
    let outcome = try bench.outcome(of: session)
    let traffic = sender == .downstream ? outcome.downstream : outcome.upstream
    #expect(outcome.cause == "closed")
    #expect(traffic == .init(messages: 4, bytes: UInt64(size + (sender == .downstream ? 8 : 4))), "nothing is counted twice")
    from.close()
    to.close()
    try bench.finish()
    #expect(bench.counters.bytes(sender == .downstream ? .up : .down) == traffic.bytes)
  }

  /// The Close frame comes behind what was waiting, so that is all that was.
  @Test(arguments: [Party.downstream, .upstream])
  func whatWaitsIsBounded(sender: Party) throws {
    let bench = try Bench()
    let agreed = RelayCompressionTests.takeover(sender)
    let session = try bench.open(Self.terms, .local, buffer: Self.buffer, down: agreed.down, up: agreed.up)
    let (from, to) = RelayCompressionTests.legs(session, sender)
    _ = try Self.stall(bench, from)
    bench.reactor.close(session: session.id, SessionEnd(name: "test_end", code: .goingAway, reason: "End"))
    guard case .close = try from.next() else {
      Issue.record("expected a close frame")
      return
    }
    try from.sendClose(1_000)
    var received: [UInt8] = []
    let answer = to.frame(.close, [3, 232])
    var isAnswered = false
    while let more = try to.read() {
      received += more
      if !isAnswered { try to.send(raw: answer) }
      isAnswered = true
    }
    // A local socket's queue is twice what was asked for, and may be exceeded by one write.
    let kernel = 2 * Int(Self.buffer) + 65_536
    #expect(received.count <= kernel + 32_768 + RecodingBuffers.batch + 16 << 10 + FrameHeader.maximumSize + 131)
    #expect(received.count > 32_768)
    let list = try FrameList(received, receiver: to.role, allowsRSV1: false)
    #expect(list.frames.last?.header.opcode == Opcode.close.rawValue)
    #expect(list.frames.dropLast().allSatisfy { $0.payload.allSatisfy { $0 == 0 } })
    #expect(try bench.outcome(of: session).cause == "test_end")
    from.close()
    to.close()
    try bench.finish()
  }

  enum Loss: CaseIterable { case finish, reset }

  /// The reader goes while the reactor still has input for it: the sender hears of it, and its answer, behind that input, is understood.
  @Test(arguments: [Party.downstream, .upstream], Loss.allCases)
  func readerGoesWhileInputWaits(sender: Party, loss: Loss) throws {
    let bench = try Bench()
    for goesOn in [false, true] {
      let agreed = RelayCompressionTests.takeover(sender)
      let session = try bench.open(Self.terms, .tcp, buffer: Self.buffer, down: agreed.down, up: agreed.up)
      let (from, to) = RelayCompressionTests.legs(session, sender)
      _ = try Self.stall(bench, from)
      if loss == .finish { to.finish() } else { to.reset() }
      #expect(try from.next() == .close(ClosePayload(code: .internalError, reason: "Proxy error")))
      if goesOn {
        for message in Self.flood() { try from.send(message) }
        try from.send(.ping, [7])
      }
      try from.sendClose(1_011)
      // Nobody is answered behind a Close frame.
      #expect(try from.rest().isEmpty)
      #expect(from.end == .finished)
      let outcome = try bench.outcome(of: session)
      #expect(outcome.cause == "lost" && outcome.closedBy == (sender == .downstream ? .upstream : .downstream))
      #expect((sender == .downstream ? outcome.downstream : outcome.upstream).messages == (goesOn ? 8 : 4))
      from.close()
      to.close()
    }
    try bench.finish()
  }

  /// The sender goes while the reader stalls: everything still comes, in time with the reader.
  @Test(arguments: [Party.downstream, .upstream])
  func senderGoesWhileTheReaderStalls(sender: Party) throws {
    let bench = try Bench()
    let agreed = RelayCompressionTests.takeover(sender)
    let session = try bench.open(Self.terms, .tcp, buffer: Self.buffer, down: agreed.down, up: agreed.up)
    let (from, to) = RelayCompressionTests.legs(session, sender)
    let (messages, _) = try Self.stall(bench, from)
    try from.sendClose(4_008, "quota")
    from.finish()
    for message in messages { #expect(try to.next() == .message(message)) }
    #expect(try to.answerClose() == ClosePayload(code: CloseCode(rawValue: 4_008), reason: "quota"))
    #expect(try bench.outcome(of: session).reason == "quota")
    from.close()
    to.close()
    try bench.finish()
  }

  /// What the control path had read may be more than one read, and wait with the rest.
  @Test func earlyBytesWait() throws {
    let bench = try Bench(readSize: 512)
    let sender = Peer(.server, on: -1, compression: DeflateParameters())
    let messages = Self.flood()
    let early = messages.flatMap { sender.frame($0) }
    #expect(early.count > 10 * 512)
    let session = try bench.open(Self.terms, .local, buffer: Self.buffer, fromUpstream: early, up: DeflateParameters())
    for message in messages { #expect(try session.client.next() == .message(message)) }
    try session.upstream.sendClose(1_000)
    #expect(try session.client.answerClose() == ClosePayload(code: .normal))
    #expect(try bench.outcome(of: session).upstream == .init(messages: 4, bytes: UInt64(early.count + 4)))
    session.client.close()
    session.upstream.close()
    try bench.finish()
    #expect(bench.counters.bytes(.down) == UInt64(early.count + 4))
  }

  /// The sender's Close frame is among what waits when the reader goes; nothing else ever comes to remind of it.
  @Test func readerGoesWhileACloseWaits() throws {
    let bench = try Bench()
    let sender = Peer(.server, on: -1, compression: DeflateParameters())
    let early = Self.flood().flatMap { sender.frame($0) } + sender.frame(.close, [15, 160])
    let session = try bench.open(Self.terms, .tcp, buffer: Self.buffer, fromUpstream: early, up: DeflateParameters())
    try Ledger.wait("the reactor to hold what it has") { bench.counters.bytes(.down) == UInt64(early.count) }
    session.client.finish()
    #expect(try session.upstream.rest() == [.close(ClosePayload(code: .internalError, reason: "Proxy error"))])
    let outcome = try bench.outcome(of: session)
    #expect(outcome.cause == "lost" && outcome.closedBy == .downstream && outcome.upstream.messages == 4)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Both go at once, and the reactor hears of both in the same breath: what waited still comes before what the kernel has.
  @Test func bothGoWhileInputWaits() throws {
    let bench = try Bench()
    let agreed = RelayCompressionTests.takeover(.upstream)
    let session = try bench.open(Self.terms, .local, buffer: Self.buffer, down: agreed.down, up: agreed.up)
    _ = try Self.stall(bench, session.upstream)
    // Another session keeps the thread busy meanwhile.
    let gate = Gate()
    let other = try bench.open(Bench.terms, .local) {
      Inspectors(
        downstream: Observer { _ in
          gate.wait()
          return false
        })
    }
    try other.client.send("wait")
    try Ledger.wait("the reactor to be held up") { gate.isWaiting }
    session.client.finish()
    session.upstream.close()
    gate.open()
    let outcome = try bench.outcome(of: session)
    #expect(outcome.cause == "lost" && outcome.closedBy == .downstream && outcome.upstream.messages == 4)
    #expect(try other.upstream.next() == .message(.text("wait")))
    session.client.close()
    other.client.reset()
    other.upstream.reset()
    try bench.finish()
  }

  /// Where a thread waits until a test lets it go on.
  private final class Gate: Sendable {
    private let state = Mutex((isWaiting: false, isOpen: false))
    var isWaiting: Bool { state.withLock { $0.isWaiting } }
    func open() { state.withLock { $0.isOpen = true } }
    func wait() {
      state.withLock { $0.isWaiting = true }
      while !state.withLock({ $0.isOpen }) { usleep(1_000) }
    }
  }
}
