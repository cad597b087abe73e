import Testing
@testable import Guards

@Suite struct ForwardGuardTests {
  static func make(_ headers: [String] = ["authorization", "cookie"], lifetime: Duration = .seconds(10)) -> ForwardGuard {
    ForwardGuard(url: "https://app.example/check", headers: headers, timeout: .seconds(2), lifetime: lifetime)
  }

  static let cookie = [(name: "Cookie", value: "sid=1"), (name: "User-Agent", value: "x")]

  @Test func itIsGivenTheNamedHeadersAlone() throws {
    let asked = try #require(inquiry(Self.make().identify(evidence(headers: Self.cookie), now: moment())))
    #expect(asked.method == "GET" && asked.url == "https://app.example/check" && asked.body == [] && asked.timeout == .seconds(2))
    #expect(
      asked.headers == [
        .init("Cookie", "sid=1"), .init("X-Forwarded-For", "192.168.1.10"), .init("X-Forwarded-Method", "GET"),
        .init("X-Forwarded-Uri", "/a"),
      ])
  }

  @Test func aCredentialFromElsewhereBecomesAHeader() throws {
    let asked = try #require(inquiry(Self.make().identify(evidence("abc", place: .query), now: moment())))
    #expect(asked.headers.first == .init("Authorization", "Bearer abc"))
    let own = evidence("abc", place: .authorization, headers: [("authorization", "Token abc")])
    #expect(inquiry(Self.make().identify(own, now: moment()))?.headers.first == .init("authorization", "Token abc"))
    #expect(Self.make(["cookie"]).identify(evidence("abc", place: .query), now: moment()) == .absent)
  }

  @Test func whoSendsNothingIsNotAskedAbout() {
    #expect(Self.make().identify(evidence(), now: moment()) == .absent)
    #expect(Self.make().identify(evidence(headers: [("Accept", "*/*")]), now: moment()) == .absent)
  }

  /// A line end in a query parameter would begin another header.
  @Test(arguments: ["a\r\nX-Auth-Subject: root", "a\nb", "a\0b", "a\u{7F}", String(repeating: "x", count: 20_000)])
  func noHeaderIsSmuggled(credential: String) {
    #expect(Self.make().identify(evidence(credential, place: .query), now: moment()) == refused("malformed"))
  }

  static let answers: [(Int, [Inquiry.Field], Identification)] = [
    (200, [], .caller(Caller(subject: "unknown", method: "forward"))),
    (204, [.init("X-Auth-Subject", "alice")], .caller(Caller(subject: "alice", method: "forward"))),
    (
      200, [.init("x-auth-tier", "gold"), .init("x-auth-subject", "alice")],
      .caller(Caller(subject: "alice", method: "forward", tier: "gold"))
    ),
    (200, [.init("X-Auth-Subject", "alice"), .init("X-Auth-Subject", "root")], unavailable("forward_malformed")),
    (200, [.init("X-Auth-Subject", "")], unavailable("forward_malformed")),
    (200, [.init("X-Auth-Subject", String(repeating: "x", count: 257))], unavailable("forward_malformed")),
    (200, [.init("X-Auth-Tier", "a\u{1}")], unavailable("forward_malformed")),
    (401, [], refused("forward_refused")), (403, [.init("X-Auth-Subject", "alice")], refused("forward_refused")),
    (302, [.init("Location", "/login")], refused("forward_refused")), (404, [], refused("forward_refused")),
    (429, [], unavailable("forward_failed")), (500, [], unavailable("forward_failed")), (503, [], unavailable("forward_failed")),
  ]

  @Test(arguments: answers)
  func whatAnAnswerSays(status: Int, headers: [Inquiry.Field], expected: Identification) throws {
    let guarded = Self.make()
    let asked = try #require(inquiry(guarded.identify(evidence(headers: Self.cookie), now: moment())))
    #expect(
      guarded.receive(ok([], headers: headers, status: status), to: asked, for: evidence(headers: Self.cookie), now: moment()) == expected)
    // Only what was said is believed.
    let again = guarded.identify(evidence(headers: Self.cookie), now: moment())
    if case .unavailable = expected { #expect(inquiry(again) != nil) } else { #expect(again == expected) }
  }

  @Test func noAnswerIsNoYes() throws {
    let guarded = Self.make()
    let asked = try #require(inquiry(guarded.identify(evidence(headers: Self.cookie), now: moment())))
    #expect(
      guarded.receive(.failed("timeout"), to: asked, for: evidence(headers: Self.cookie), now: moment())
        == unavailable("forward_unreachable"))
  }

  /// The endpoint may decide by all of it, so all of it tells answers apart.
  @Test func anAnswerIsForOneClientOnOneRoute() throws {
    let guarded = Self.make()
    let asked = try #require(inquiry(guarded.identify(evidence(headers: Self.cookie), now: moment())))
    _ = guarded.receive(ok([], headers: [.init("x-auth-subject", "alice")]), to: asked, for: evidence(headers: Self.cookie), now: moment())
    #expect(caller(guarded.identify(evidence(headers: Self.cookie), now: moment(9 * second)))?.subject == "alice")
    for other in [
      evidence(route: "/b", headers: Self.cookie), evidence(from: "192.168.1.11", headers: Self.cookie),
      evidence(headers: [("Cookie", "sid=2")]), evidence(headers: [("Cookie", "sid=1"), ("Cookie", "sid=1")]),
      evidence("x", headers: Self.cookie), evidence(headers: [("Authorization", "sid=1")]),
    ] {
      #expect(inquiry(guarded.identify(other, now: moment())) != nil)
    }
    #expect(inquiry(guarded.identify(evidence(headers: Self.cookie), now: moment(10 * second))) != nil)
  }
}
