import JSON
import Synchronization
import Testing
import Tokens
@testable import Guards

@Suite struct InquirerTests {
  /// Answers when it is told to, and counts what was asked.
  final class Endpoint: Sendable {
    private let state = Mutex<(asked: [Inquiry], waiting: [CheckedContinuation<Void, Never>], isOpen: Bool)>(([], [], false))
    private let answer: @Sendable (Inquiry) -> InquiryAnswer

    init(isOpen: Bool = true, _ answer: @escaping @Sendable (Inquiry) -> InquiryAnswer) {
      self.answer = answer
      state.withLock { $0.isOpen = isOpen }
    }

    var asked: [Inquiry] { state.withLock { $0.asked } }

    func fetch(_ inquiry: Inquiry) async -> InquiryAnswer {
      await withCheckedContinuation { continuation in
        let isOpen = state.withLock { state in
          state.asked.append(inquiry)
          if !state.isOpen { state.waiting.append(continuation) }
          return state.isOpen
        }
        if isOpen { continuation.resume() }
      }
      return answer(inquiry)
    }

    func open() {
      let waiting = state.withLock { state in
        state.isOpen = true
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }
  }

  /// A guard that says what it is told.
  struct Saying: CallerGuard {
    let method = "saying"
    let what: Identification
    func identify(_ evidence: Evidence, now: Moment) -> Identification { what }
  }

  static let key = IssuerKey("k", seed: 1)

  func published() -> JWTGuard {
    JWTGuard(JSONWebToken.Verifier(algorithms: [.edDSA], keys: nil), keys: PublishedKeys(KeySet(.keys(url: "https://id.example/keys"))))
  }

  @Test func manyWaitForOneAnswer() async {
    let endpoint = Endpoint(isOpen: false) { _ in ok(IssuerKey.document(Self.key)) }
    let inquirer = Inquirer { await endpoint.fetch($0) }
    let guarded = published()
    let known = Self.key.token()
    let unknown = IssuerKey("other", seed: 2).token()
    await withTaskGroup(of: Identification.self) { group in
      for index in 0..<50 {
        group.addTask {
          await inquirer.identify(evidence(index % 5 == 0 ? unknown : known), by: [guarded]) { moment() }
        }
      }
      while endpoint.asked.isEmpty { await Task.yield() }
      endpoint.open()
      var outcomes: [Identification] = []
      for await outcome in group { outcomes.append(outcome) }
      #expect(outcomes.filter { caller($0)?.subject == "alice" }.count == 40)
      #expect(outcomes.filter { $0 == refused("unknown_key") }.count == 10)
    }
    #expect(endpoint.asked.count == 1)
    #expect(inquirer.count == 0)
  }

  @Test func aFailureIsSharedToo() async {
    let endpoint = Endpoint { _ in .failed("timeout") }
    let inquirer = Inquirer { await endpoint.fetch($0) }
    let guarded = published()
    for _ in 0..<10 {
      let outcome = await inquirer.identify(evidence(Self.key.token()), by: [guarded]) { moment() }
      #expect(outcome == unavailable("keys_unavailable"))
    }
    #expect(endpoint.asked.count == 1, "the second waits for its time")
  }

  /// The first to ask may leave; the others still get their answer.
  @Test func whoLeavesTakesNothingAway() async {
    let endpoint = Endpoint(isOpen: false) { _ in ok(IssuerKey.document(Self.key)) }
    let inquirer = Inquirer { await endpoint.fetch($0) }
    let guarded = published()
    let first = Task { await inquirer.identify(evidence(Self.key.token()), by: [guarded]) { moment() } }
    while endpoint.asked.isEmpty { await Task.yield() }
    let second = Task { await inquirer.identify(evidence(Self.key.token()), by: [guarded]) { moment() } }
    first.cancel()
    endpoint.open()
    #expect(caller(await second.value)?.subject == "alice")
    _ = await first.value
    #expect(endpoint.asked.count == 1 && inquirer.count == 0)
  }

  @Test func discoveryThenKeys() async {
    let endpoint = Endpoint { inquiry in
      ok(
        inquiry.url.hasSuffix("configuration")
          ? KeySetTests.discovery("https://id.example", "https://id.example/k") : IssuerKey.document(Self.key))
    }
    let inquirer = Inquirer { await endpoint.fetch($0) }
    let guarded = JWTGuard(
      JSONWebToken.Verifier(algorithms: [.edDSA], keys: nil), keys: PublishedKeys(KeySet(.issuer("https://id.example"))))
    #expect(caller(await inquirer.identify(evidence(Self.key.token()), by: [guarded]) { moment() })?.subject == "alice")
    #expect(endpoint.asked.map(\.url) == ["https://id.example/.well-known/openid-configuration", "https://id.example/k"])
  }

  @Test func beyondItsCapacityItSaysSo() async {
    let endpoint = Endpoint(isOpen: false) { _ in ok(#"{"active":true,"sub":"alice"}"#) }
    let inquirer = Inquirer(capacity: 1) { await endpoint.fetch($0) }
    let guarded = IntrospectionGuardTests.make()
    let first = Task { await inquirer.identify(evidence("a"), by: [guarded]) { moment() } }
    while endpoint.asked.isEmpty { await Task.yield() }
    #expect(await inquirer.identify(evidence("b"), by: [guarded]) { moment() } == unavailable("overloaded"))
    endpoint.open()
    #expect(caller(await first.value)?.subject == "alice")
    #expect(caller(await inquirer.identify(evidence("b"), by: [guarded]) { moment() })?.subject == "alice")
  }

  static let bob = Identification.caller(Caller(subject: "bob", method: "saying"))

  @Test(
    arguments: [
      ([], .absent), ([.absent], .absent), ([.absent, bob], bob), ([refused("a"), bob], bob), ([unavailable("a"), bob], bob),
      ([refused("a"), refused("b")], refused("b")), ([refused("a"), .absent], refused("a")),
      ([unavailable("a"), refused("b")], unavailable("a")), ([refused("a"), unavailable("b"), .absent], unavailable("b")),
    ] as [([Identification], Identification)])
  func theFirstThatKnowsWins(says: [Identification], expected: Identification) async {
    let inquirer = Inquirer { _ in .failed("never") }
    #expect(await inquirer.identify(evidence("x"), by: says.map { Saying(what: $0) }) { moment() } == expected)
  }

  /// A guard that never has enough is not asked forever.
  @Test func questionsEnd() async {
    struct Curious: CallerGuard {
      let method = "curious"
      func identify(_ evidence: Evidence, now: Moment) -> Identification {
        .ask(Inquiry(.init(owner: ObjectIdentifier(Inquirer.self), subject: .request(1)), url: "https://a.example", timeout: .seconds(1)))
      }
      func receive(_ answer: InquiryAnswer, to inquiry: Inquiry, for evidence: Evidence, now: Moment) -> Identification {
        identify(evidence, now: now)
      }
    }
    let endpoint = Endpoint { _ in .failed("no") }
    let inquirer = Inquirer { await endpoint.fetch($0) }
    #expect(await inquirer.identify(evidence("x"), by: [Curious()]) { moment() } == unavailable("undecided"))
    #expect(endpoint.asked.count == Inquirer.rounds && inquirer.count == 0)
  }
}
