import Testing
import Tokens
@testable import Guards

@Suite struct CallerAdmissionTests {
  let admission = Admission(capacity: 10)

  func policy(_ change: (inout RoutePolicy) -> Void = { _ in }) -> RoutePolicy {
    var policy = RoutePolicy("/a")
    change(&policy)
    return policy
  }

  @Test func aCallerPassesWhereItMay() throws {
    let alice = Caller(subject: "alice", method: "forward")
    #expect(try admission.settle(.caller(alice), request(), policy: policy(), now: moment()) == alice)
    let other = Caller(subject: "alice", method: "jwt", routes: ["/b"])
    let no = refusal { () throws(Refusal) in _ = try admission.settle(.caller(other), request(), policy: policy(), now: moment()) }
    #expect(no?.kind == .forbidden)
    #expect(no?.event == .authFailedInvalidToken(ip: "192.168.1.xxx", error: "route_not_allowed"))
  }

  @Test func nothingPresented() throws {
    let no = refusal { () throws(Refusal) in _ = try admission.settle(.absent, request(), policy: policy(), now: moment()) }
    #expect(no?.kind == .unauthorized && no?.message == "Authentication required")
    #expect(no?.event == .authFailedNoToken(ip: "192.168.1.xxx"))
    #expect(try admission.settle(.absent, request(), policy: policy { $0.credentialRequired = false }, now: moment()) == nil)
  }

  static let refusals: [(Identification, AdmissionRequest, String, String)] = [
    (refused("bad_signature"), request(credential: "x", place: .query), "Invalid token", "bad_signature"),
    (refused("bad_signature"), request(credential: "x", place: .authorization), "Unauthorized", "bad_signature"),
    (.absent, request(credential: "x", place: .query), "Invalid token", "misplaced"),
  ]

  @Test(arguments: refusals)
  func whatIsWrong(identification: Identification, request: AdmissionRequest, reason: String, error: String) {
    for optional in [false, true] {
      let policy = policy { $0.credentialRequired = !optional }
      let no = refusal { () throws(Refusal) in _ = try admission.settle(identification, request, policy: policy, now: moment()) }
      #expect(no?.status == 401 && no?.closeReason == reason && no?.message == "Invalid or expired token")
      #expect(no?.challenge == #"Bearer error="invalid_token""#)
      #expect(no?.event == .authFailedInvalidToken(ip: "192.168.1.xxx", error: error))
    }
  }

  @Test func failuresAreCountedPerAddress() async throws {
    let policy = policy { $0.failures = Allowance(count: 3, per: minute) }
    for _ in 0..<3 {
      _ = try admission.attempt(request(), policy: policy, now: moment())
      _ = refusal { () throws(Refusal) in _ = try admission.settle(refused("x"), request(credential: "x"), policy: policy, now: moment()) }
    }
    let no = refusal { () throws(Refusal) in _ = try admission.attempt(request(), policy: policy, now: moment()) }
    #expect(no?.kind == .rateLimited && no?.event == .authBlockedRateLimit(ip: "192.168.1.xxx"))
    _ = try admission.attempt(request(from: "192.168.1.11"), policy: policy, now: moment())
    _ = try admission.attempt(request(), policy: policy, now: moment(minute))
    // The count is the one that other ways in have.
    let guarded = self.policy {
      $0.failures = Allowance(count: 3, per: minute)
      $0.credentials = [jwt()]
    }
    let other = await later { () async throws(Refusal) in
      _ = try await admission.authenticate(request(credential: "x"), policy: guarded, now: moment())
    }
    #expect(other?.kind == .rateLimited)
  }

  /// What is being looked at may be wrong: no more is looked at than may be wrong, however many come at once.
  @Test(.timeLimit(.minutes(1))) func guessesAtOnce() async {
    let admission = admission
    let policy = policy {
      $0.failures = Allowance(count: 3, per: minute)
      $0.credentials = [Asked()]
    }
    let endpoint = InquirerTests.Endpoint(isOpen: false) { _ in .failed("no") }
    let inquirer = Inquirer(fetch: endpoint.fetch)
    @Sendable func attempt(_ credential: String, from address: String = "192.168.1.10") async -> Refusal? {
      await later { () async throws(Refusal) in
        let request = request(from: address, credential: credential)
        _ = try await admission.caller(Evidence(request, route: "/a"), request, policy: policy, by: inquirer) { moment() }
      }
    }
    await withTaskGroup(of: Refusal?.self) { group in
      for (count, (credential, address)) in [("a", 10), ("b", 10), ("c", 10), ("d", 11)].enumerated() {
        group.addTask { await attempt(credential, from: "192.168.1.\(address)") }
        while endpoint.asked.count <= count { await Task.yield() }
      }
      // A fourth of the address is told to wait until those are known, which is soon.
      let fourth = await attempt("e")
      #expect(fourth?.kind == .rateLimited && fourth?.retryAfter == 1)
      endpoint.open()
      for await refusal in group { #expect(refusal?.kind == .unauthorized) }
    }
    #expect(await attempt("f")?.retryAfter == 60)
    #expect(admission.attempts.keys == 0)
  }

  /// Asks about each credential, and takes none.
  private struct Asked: CallerGuard {
    let method = "asked"

    func identify(_ evidence: Evidence, now: Moment) -> Identification {
      let subject = Inquiry.Flight.Subject.credential(Fingerprint(of: evidence.credential ?? ""))
      return .ask(
        Inquiry(Inquiry.Flight(owner: ObjectIdentifier(Asked.self), subject: subject), url: "https://a.example/", timeout: .seconds(1)))
    }

    func receive(_ answer: InquiryAnswer, to inquiry: Inquiry, for evidence: Evidence, now: Moment) -> Identification {
      .refused(CredentialError("no"))
    }
  }

  @Test func anothersFaultIsNotCounted() throws {
    let policy = policy { $0.failures = Allowance(count: 1, per: minute) }
    for _ in 0..<3 {
      _ = try admission.attempt(request(), policy: policy, now: moment())
      let no = refusal { () throws(Refusal) in
        _ = try admission.settle(unavailable("keys_unavailable"), request(credential: "x"), policy: policy, now: moment())
      }
      #expect(no?.kind == .authenticationUnavailable && no?.event == .authUnavailable(ip: "192.168.1.xxx", error: "keys_unavailable"))
    }
  }
}
