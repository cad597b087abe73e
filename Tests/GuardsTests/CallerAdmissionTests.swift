import Testing
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

  @Test func failuresAreCountedPerAddress() throws {
    let policy = policy { $0.failures = Allowance(count: 3, per: minute) }
    for _ in 0..<3 {
      try admission.mayTry(request(), policy: policy, now: moment())
      _ = refusal { () throws(Refusal) in _ = try admission.settle(refused("x"), request(credential: "x"), policy: policy, now: moment()) }
    }
    let no = refusal { () throws(Refusal) in try admission.mayTry(request(), policy: policy, now: moment()) }
    #expect(no?.kind == .rateLimited && no?.event == .authBlockedRateLimit(ip: "192.168.1.xxx"))
    try admission.mayTry(request(from: "192.168.1.11"), policy: policy, now: moment())
    try admission.mayTry(request(), policy: policy, now: moment(minute))
    // The count is the one that other ways in have.
    let guarded = self.policy {
      $0.failures = Allowance(count: 3, per: minute)
      $0.credentials = [jwt()]
    }
    let other = refusal { () throws(Refusal) in _ = try admission.authenticate(request(credential: "x"), policy: guarded, now: moment()) }
    #expect(other?.kind == .rateLimited)
  }

  @Test func anothersFaultIsNotCounted() throws {
    let policy = policy { $0.failures = Allowance(count: 1, per: minute) }
    for _ in 0..<3 {
      try admission.mayTry(request(), policy: policy, now: moment())
      let no = refusal { () throws(Refusal) in
        _ = try admission.settle(unavailable("keys_unavailable"), request(credential: "x"), policy: policy, now: moment())
      }
      #expect(no?.kind == .authenticationUnavailable && no?.event == .authUnavailable(ip: "192.168.1.xxx", error: "keys_unavailable"))
    }
  }
}
