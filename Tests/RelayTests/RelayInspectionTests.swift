import Glibc
import Synchronization
import TestSupport
import Testing
import WebSocket
@testable import Relay

/// Inspectors on either leg: what they say becomes of the session.
@Suite struct RelayInspectionTests {
  private static let end = SessionEnd(name: "test_limit", code: .tryAgainLater, reason: "Too many messages")
  private static let verdict = ClosePayload(code: .tryAgainLater, reason: "Too many messages")
  private static let told = Array(#"{"type":"error"}"#.utf8)
  private static let toldEvent = MessageEvent.message(.text(#"{"type":"error"}"#))
  private static let sessionEnded = ClosePayload(code: .normal, reason: "Session ended")

  /// Which legs compress.
  enum Setup: CaseIterable {
    case plain, downstream, upstream, both

    var down: DeflateParameters? { self == .downstream || self == .both ? DeflateParameters() : nil }
    var up: DeflateParameters? { self == .upstream || self == .both ? DeflateParameters() : nil }
  }

  private static func open(
    _ bench: Bench, _ setup: Setup = .plain, _ inspected: Party, _ answers: [Int: Inspection], terms: RelayTerms = Bench.terms,
    diary: Observer.Diary? = nil
  ) throws -> Bench.Session {
    try bench.open(terms, down: setup.down, up: setup.up) {
      let observer = Observer(answers, diary: diary)
      return inspected == .downstream ? Inspectors(downstream: observer) : Inspectors(upstream: observer)
    }
  }

  private static func sides(_ session: Bench.Session, _ party: Party) -> (from: Peer, to: Peer) {
    party == .downstream ? (session.client, session.upstream) : (session.upstream, session.client)
  }

  private static func expect(_ outcome: SessionOutcome, endedBy party: Party) {
    #expect(outcome.closedBy == party && outcome.cause == "test_limit")
    #expect(outcome.code == .tryAgainLater && outcome.reason == "Too many messages")
  }

  @Test(arguments: Setup.allCases)
  func everyMessageIsShown(setup: Setup) throws {
    let bench = try Bench()
    let diaries = [Observer.Diary(), Observer.Diary()]
    let made = Mutex(0)
    let session = try bench.open(down: setup.down, up: setup.up) {
      made.withLock { $0 += 1 }
      return Inspectors(
        downstream: Observer(audio: 1_500_000_000, diary: diaries[0]), upstream: Observer(audio: 20_000_000, diary: diaries[1]))
    }
    var random = SeededGenerator(seed: 1)
    var messages: [[Message]] = [[], []]
    for _ in 0..<20 {
      for party in [Party.downstream, .upstream] {
        let (from, to) = Self.sides(session, party)
        let payload = random.phrases(random.number(0...9_000))
        let message = random.chance(0.5) ? Message.text(String(decoding: payload, as: UTF8.self)) : .binary(payload)
        try from.send(message)
        #expect(try to.next() == .message(message))
        messages[party == .downstream ? 0 : 1].append(message)
      }
    }
    for (diary, messages) in zip(diaries, messages) {
      // The time is the reactor's.
      #expect(diary.seen == zip(messages, diary.seen).map { $0.seen(at: $1.time) })
      #expect(diary.seen.allSatisfy { $0.time > 0 } && zip(diary.seen, diary.seen.dropFirst()).allSatisfy { $0.time <= $1.time })
    }
    try session.client.sendClose(1_000)
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal))
    session.client.close()
    session.upstream.close()
    let outcome = try bench.outcome(of: session)
    #expect(outcome.downstream.audio == 1_500_000_000 && outcome.upstream.audio == 20_000_000)
    #expect(outcome.downstream.messages == 20 && outcome.upstream.messages == 20)
    #expect(made.withLock { $0 } == 1)
    try bench.finish()
  }

  @Test func noInspectorNoAudio() throws {
    let bench = try Bench()
    let session = try bench.open { Inspectors(upstream: Observer()) }
    try session.client.send("a")
    #expect(try session.upstream.next() == .message(.text("a")))
    session.client.reset()
    session.upstream.reset()
    let outcome = try bench.outcome(of: session)
    #expect(outcome.downstream.audio == nil && outcome.upstream.audio == nil)
    try bench.finish()
  }

  // MARK: End

  /// The client hears the text and the Close with its reason, the upstream that the session is over; the message stays here.
  @Test(arguments: Setup.allCases, [Party.downstream, .upstream])
  func messageThatEndsTheSession(setup: Setup, party: Party) throws {
    for tells in [true, false] {
      let bench = try Bench()
      let diary = Observer.Diary()
      let answers: [Int: Inspection] = [1: .end(Self.end, tell: tells ? Self.told : nil)]
      let session = try Self.open(bench, setup, party, answers, diary: diary)
      let (from, to) = Self.sides(session, party)
      let first = Message.text(String(repeating: "first", count: 100)), second = Message.text(String(repeating: "second", count: 100))
      // What comes behind it in the same read is not looked at any more.
      try from.send(raw: from.frame(first) + from.frame(second) + from.frame(.text("third")) + from.frame(.ping, [1]))
      #expect(try to.next() == .message(first))
      if tells { #expect(try session.client.next() == Self.toldEvent) }
      #expect(try session.client.answerClose() == Self.verdict)
      #expect(try session.upstream.answerClose() == Self.sessionEnded)
      #expect(try session.client.rest().isEmpty && session.upstream.rest().isEmpty)
      #expect(diary.seen == [first, second].enumerated().map { $1.seen(at: diary.seen[$0].time) })
      Self.expect(try bench.outcome(of: session), endedBy: party)
      session.client.close()
      session.upstream.close()
      try bench.finish()
    }
  }

  /// Of a message in fragments the last one stays here. Inside it no text can be told, but the Close can.
  @Test(arguments: [Party.downstream, .upstream], [false, true])
  func fragmentedMessageThatEndsTheSession(party: Party, atOnce: Bool) throws {
    let bench = try Bench()
    let session = try Self.open(bench, .plain, party, [0: .end(Self.end, tell: Self.told)])
    let (from, to) = Self.sides(session, party)
    let fragments = from.frame(.text, Array("one, ".utf8), fin: false) + from.frame(.continuation, Array("two, ".utf8), fin: false)
    let last = from.frame(.continuation, Array("three".utf8))
    try from.send(raw: atOnce ? fragments + last : fragments)
    #expect(try to.receive(fragments.count) == fragments)
    if !atOnce { try from.send(raw: last) }
    if party == .downstream {
      let text = FrameHeader.frame(opcode: .text, payload: Self.told)
      #expect(try session.client.receive(text.count) == text)
    }
    for (peer, close) in [(session.client, Self.verdict), (session.upstream, Self.sessionEnded)] {
      let frame = FrameHeader.frame(opcode: .close, payload: close.encoded)
      var bytes = try peer.receive(frame.count + (peer.role == .server ? 4 : 0))
      if peer.role == .server {
        #expect(bytes[1] & 0x80 != 0)
        let key = bytes[2..<6].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        var payload = Array(bytes[6...])
        Mask.apply(key, to: &payload)
        bytes = [bytes[0], bytes[1] & 0x7F] + payload
      }
      #expect(bytes == frame)
      try peer.send(.close, close.encoded)
      #expect(try peer.read() == nil)
    }
    Self.expect(try bench.outcome(of: session), endedBy: party)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// The same where it is recoded: what has gone may be less than came.
  @Test(arguments: [Party.downstream, .upstream])
  func recodedMessageThatEndsTheSession(party: Party) throws {
    let bench = try Bench()
    let session = try Self.open(bench, party == .downstream ? .downstream : .upstream, party, [0: .end(Self.end, tell: Self.told)])
    let (from, to) = Self.sides(session, party)
    let frames = try from.fragments(of: .text(String(repeating: "again and again ", count: 2_000)), 3)
    try from.send(raw: Array(frames.dropLast()))
    let gone = try to.receive(2 + (to.role == .server ? 4 : 0))
    #expect(gone[0] == 0x01, "a text that goes on")
    try from.send(raw: [frames[frames.count - 1]])
    if party == .downstream { #expect(try session.client.next() == Self.toldEvent) }
    let own = try from.answerClose()
    #expect(own == (party == .downstream ? Self.verdict : Self.sessionEnded))
    var received = gone
    while let more = try to.read() {
      received += more
      try? to.sendClose(1_000)
    }
    let list = try FrameList(received, receiver: to.role, allowsRSV1: false)
    #expect(list.messages.isEmpty)
    #expect(list.frames.dropLast().allSatisfy { !$0.header.isControl })
    let other = party == .downstream ? Self.sessionEnded : Self.verdict
    #expect(list.frames.last?.header.opcode == 8 && list.frames.last?.payload == other.encoded)
    Self.expect(try bench.outcome(of: session), endedBy: party)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// A part of its frame has gone: the stream of the other end stops there, with nothing put into the frame.
  @Test(arguments: [Party.downstream, .upstream])
  func frameThatHasPartlyGone(party: Party) throws {
    let bench = try Bench()
    let session = try Self.open(bench, .plain, party, [0: .end(Self.end, tell: Self.told)])
    let (from, to) = Self.sides(session, party)
    let frame = from.frame(.binary, [UInt8](repeating: 7, count: 500))
    try from.send(raw: Array(frame[..<100]))
    #expect(try to.receive(100) == Array(frame[..<100]))
    try from.send(raw: Array(frame[100...]))
    #expect(try to.read() == nil)
    #expect(to.end == .finished)
    if party == .downstream { #expect(try session.client.next() == Self.toldEvent) }
    #expect(try from.answerClose() == (party == .downstream ? Self.verdict : Self.sessionEnded))
    #expect(try from.rest().isEmpty)
    Self.expect(try bench.outcome(of: session), endedBy: party)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  /// Both ends have a part of a frame whose rest never comes: neither is left to wait for it.
  @Test(arguments: [Party.downstream, .upstream])
  func bothInsideAFrame(party: Party) throws {
    let bench = try Bench()
    let session = try Self.open(bench, .plain, party, [0: .end(Self.end, tell: Self.told)])
    let (from, to) = Self.sides(session, party)
    let frames = [from, to].map { $0.frame(.binary, [UInt8](repeating: 7, count: 500)) }
    try from.send(raw: Array(frames[0][..<100]))
    try to.send(raw: Array(frames[1][..<100]))
    #expect(try to.receive(100) == Array(frames[0][..<100]) && from.receive(100) == Array(frames[1][..<100]))
    try from.send(raw: Array(frames[0][100...]))
    #expect(try to.read() == nil && from.read() == nil)
    Self.expect(try bench.outcome(of: session), endedBy: party)
    session.client.close()
    session.upstream.close()
    try bench.finish()
  }

  // MARK: Tell

  @Test(arguments: Setup.allCases, [Party.downstream, .upstream])
  func textsComeBehindTheirMessages(setup: Setup, party: Party) throws {
    let bench = try Bench()
    let session = try Self.open(bench, setup, party, [1: .tell(Self.told), 3: .tell(Self.told)])
    let (from, to) = Self.sides(session, party)
    let messages = (0..<5).map { Message.text(String(repeating: "message \($0) ", count: 50)) }
    try from.send(raw: messages.flatMap { from.frame($0) })
    for (index, message) in messages.enumerated() {
      #expect(try to.next() == .message(message))
      if index == 1 || index == 3 { #expect(try session.client.next() == Self.toldEvent) }
    }
    try session.client.sendClose(1_000)
    #expect(try session.upstream.answerClose() == ClosePayload(code: .normal))
    #expect(try session.client.rest() == [.close(ClosePayload(code: .normal))])
    session.client.close()
    session.upstream.close()
    #expect(try bench.outcome(of: session).cause == "closed")
    try bench.finish()
  }

  /// Between the fragments of a message there is room for a pong, not for a text.
  @Test(arguments: [Setup.plain, .downstream, .upstream])
  func textWaitsForTheMessageBoundary(setup: Setup) throws {
    let bench = try Bench()
    let session = try Self.open(bench, setup, .downstream, [0: .tell(Self.told)])
    let (client, upstream) = (session.client, session.upstream)
    // Noise, so that a deflater has to hand it out.
    var random = SeededGenerator(seed: 9)
    let parts = (0..<3).map { _ in random.text(60_000) }
    try upstream.send(.text, parts[0], fin: false)
    try Ledger.wait("the first fragment to pass") { bench.counters.bytes(.down) >= 60_000 }
    try client.send("tell me")
    #expect(try upstream.next() == .message(.text("tell me")))
    try client.send(.ping, [1])
    #expect(try client.next() == .pong([1]))
    try upstream.send(.continuation, parts[1], fin: false)
    try upstream.send(raw: upstream.frame(.continuation, parts[2]) + upstream.frame(.text, [0x61]))
    let whole = Message.text(String(decoding: parts.flatMap { $0 }, as: UTF8.self))
    #expect(try client.next() == .message(whole))
    // It comes at the first boundary or at one behind it, where several messages went on together.
    let behind = [try client.next(), try client.next()]
    #expect(behind == [Self.toldEvent, .message(.text("a"))] || (setup != .plain && behind == [.message(.text("a")), Self.toldEvent]))
    try client.sendClose(1_000)
    #expect(try upstream.answerClose() == ClosePayload(code: .normal))
    client.close()
    upstream.close()
    try bench.finish()
  }

  /// A Close frame goes at the next frame boundary, and a text that was still waiting is not told behind it: not when the client has
  /// been heard to the end, and not while it is still to answer.
  @Test(arguments: [Setup.plain, .downstream, .upstream], [true, false])
  func nothingIsToldBehindAClose(setup: Setup, endsAtOnce: Bool) throws {
    let bench = try Bench()
    let answer = endsAtOnce ? Inspection.end(Self.end, tell: Self.told) : .tell(Self.told)
    let session = try Self.open(bench, setup, .downstream, [0: answer])
    let (client, upstream) = (session.client, session.upstream)
    var random = SeededGenerator(seed: 10)
    let part = random.text(60_000)
    try upstream.send(.text, part, fin: false)
    try Ledger.wait("the first fragment to pass") { bench.counters.bytes(.down) >= 60_000 }
    try client.send("too much")
    if !endsAtOnce {
      #expect(try upstream.next() == .message(.text("too much")))
      bench.reactor.close(session: session.id, Self.end)
    }
    #expect(try upstream.next() == .close(Self.sessionEnded))
    try upstream.send(.continuation, part)
    try upstream.send("more")
    try upstream.sendClose(1_000)
    #expect(try upstream.rest().isEmpty)
    var received: [UInt8] = []
    var list = try FrameList([], receiver: .client, allowsRSV1: true)
    while let more = try client.read() {
      received += more
      list = try FrameList(received, receiver: .client, allowsRSV1: true)
      if list.frames.last?.header.opcode == Opcode.close.rawValue { try? client.sendClose(1_000) }
    }
    #expect(list.frames.last?.header.opcode == Opcode.close.rawValue && list.frames.last?.payload == Self.verdict.encoded)
    #expect(list.frames.last?.end == received.count && list.frames.count { $0.header.isControl } == 1)
    Self.expect(try bench.outcome(of: session), endedBy: endsAtOnce ? .downstream : .gateway)
    client.close()
    upstream.close()
    try bench.finish()
  }
}
