import Glibc
import Synchronization
import Testing
import WebSocket
@testable import Relay

/// What one end can make the gateway keep, or do, by what it sends.
@Suite struct RelayFloodTests {
  /// Answers every text with the same.
  private final class Answering: Inspector {
    let audio: Int64? = nil
    let rewrites: Bool
    private let answer: Inspection
    private var isText = false

    init(_ answer: Inspection) {
      self.answer = answer
      rewrites =
        switch answer {
        case .drop, .several: true
        default: false
        }
    }

    func begin(isText: Bool) -> Bool {
      self.isText = isText
      return isText
    }

    func consume(_ run: UnsafeRawBufferPointer) {}

    func end(bytes: UInt64, now: Int64) -> Inspection { isText ? answer : .pass }
  }

  private static let told = [UInt8](repeating: 0x2E, count: 400)

  /// Texts of the gateway's own for an end that does not read: no more than its buffer holds, and the session goes on.
  @Test(arguments: [Inspection.tell(told), .drop(tell: told), .several([.tell(told), .hush]), .reply(told)])
  func textsForOneThatDoesNotRead(answer: Inspection) throws {
    let bench = try Bench()
    var terms = Bench.terms
    terms.downstream.buffer = 4_096
    terms.upstream.buffer = 4_096
    let session = try bench.open(terms, .local, buffer: 16_384) {
      let inspector = Answering(answer)
      return answer == .reply(Self.told) ? Inspectors(upstream: inspector) : Inspectors(downstream: inspector)
    }
    let (from, to) = answer == .reply(Self.told) ? (session.upstream, session.client) : (session.client, session.upstream)
    for _ in 0..<40 {
      try from.send(raw: (0..<50).flatMap { _ in from.frame(.text, [0x61]) })
      try from.send(.binary([1]))
      while try to.next() != .message(.binary([1])) {}
    }
    try to.send(.binary([2]))
    var count = 0
    while try from.next() != .message(.binary([2])) { count += 1 }
    #expect(count > 0 && count < 200, "of 2000")
    session.client.reset()
    session.upstream.reset()
    _ = try bench.outcome(of: session)
    try bench.finish()
  }

  /// Says how often its deadline is asked for.
  private final class Watch: Attendant {
    private let (looks, expiries): (Herald.Diary, Herald.Diary)
    private var due = Int64.max

    init(looks: Herald.Diary, expiries: Herald.Diary) { (self.looks, self.expiries) = (looks, expiries) }

    var deadline: Int64? {
      looks.note()
      return due
    }

    func opened(started: Int64, now: Int64) { due = now + 100 }

    func expired(now: Int64) -> Inspection {
      due = now + 100
      expiries.note()
      return .pass
    }

    func farewell(forGood: Bool, now: Int64) -> Farewell? { nil }
  }

  /// Every message may bring the clock forward; that leaves nothing behind which goes on for ever.
  @Test func clockThatIsSetAgainAndAgain() throws {
    let bench = try Bench()
    let (looks, expiries) = (Herald.Diary(), Herald.Diary())
    let session = try bench.open {
      Inspectors(downstream: Answering(.wake), attendant: Watch(looks: looks, expiries: expiries))
    }
    try session.client.send(raw: (0..<2_000).flatMap { _ in session.client.frame(.text, [0x61]) })
    for _ in 0..<2_000 { #expect(try session.upstream.next() == .message(.text("a"))) }
    let (before, begun) = (looks.count, expiries.count)
    try Ledger.wait("the clock to go on") { expiries.count >= begun + 4 }
    #expect(looks.count - before < 200)
    session.client.reset()
    session.upstream.reset()
    _ = try bench.outcome(of: session)
    try bench.finish()
  }
}
