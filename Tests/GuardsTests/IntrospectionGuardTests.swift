import Testing
import Tokens
@testable import Guards

@Suite struct IntrospectionGuardTests {
  static func make(lifetime: Duration = .seconds(10)) -> IntrospectionGuard {
    IntrospectionGuard(
      url: "https://id.example/introspect", clientID: "voxgate:1", clientSecret: "p@ss wörd", timeout: .seconds(2), lifetime: lifetime)
  }

  static func outcome(_ answer: InquiryAnswer, now: Moment = moment()) throws -> Identification {
    let guarded = make()
    let asked = try #require(inquiry(guarded.identify(evidence("abc"), now: now)))
    return guarded.receive(answer, to: asked, for: evidence("abc"), now: now)
  }

  @Test func theRequestIsThatOfTheStandard() throws {
    let asked = try #require(inquiry(Self.make().identify(evidence("a+b/c=&x"), now: moment())))
    #expect(asked.method == "POST" && asked.url == "https://id.example/introspect" && asked.timeout == .seconds(2))
    #expect(String(decoding: asked.body, as: UTF8.self) == "token=a%2Bb%2Fc%3D%26x&token_type_hint=access_token")
    // RFC 6749 section 2.3.1: voxgate%3A1:p%40ss%20w%C3%B6rd
    #expect(
      asked.headers == [
        .init("Authorization", "Basic dm94Z2F0ZSUzQTE6cCU0MHNzJTIwdyVDMyVCNnJk"),
        .init("Content-Type", "application/x-www-form-urlencoded"), .init("Accept", "application/json"),
      ])
    #expect("\(asked)" == "POST https://id.example/introspect")
  }

  static let answers: [(InquiryAnswer, Identification)] = [
    (
      ok(#"{"active":true,"sub":"alice","exp":\#(issuedAt + 60)}"#),
      .caller(Caller(subject: "alice", method: "introspection", expiresAt: issuedAt + 60))
    ),
    (ok(#"{"active":true,"username":"bob","client_id":"c"}"#), .caller(Caller(subject: "bob", method: "introspection"))),
    (ok(#"{"active":true,"sub":"","client_id":"c"}"#), .caller(Caller(subject: "c", method: "introspection"))),
    (ok(#"{"active":true}"#), .caller(Caller(subject: "unknown", method: "introspection"))),
    (ok(#"{"active":false}"#), refused("inactive")), (ok(#"{"active":false,"sub":"alice"}"#), refused("inactive")),
    (ok(#"{"active":true,"exp":\#(issuedAt)}"#), refused("expired")),
    (ok(#"{"active":true,"exp":"tomorrow"}"#), unavailable("introspection_malformed")),
    (ok(#"{"active":"true"}"#), unavailable("introspection_malformed")), (ok("{}"), unavailable("introspection_malformed")),
    (ok("[true]"), unavailable("introspection_malformed")), (ok(""), unavailable("introspection_malformed")),
    (ok(#"{"active":true,"active":false}"#), unavailable("introspection_malformed")),
    (.response(status: 401, headers: [], body: []), unavailable("introspection_refused")),
    (.response(status: 500, headers: [], body: Array(#"{"active":true}"#.utf8)), unavailable("introspection_failed")),
    (.response(status: 302, headers: [], body: Array(#"{"active":true}"#.utf8)), unavailable("introspection_failed")),
    (.response(status: 201, headers: [], body: Array(#"{"active":true}"#.utf8)), unavailable("introspection_failed")),
    (.failed("timeout"), unavailable("introspection_unreachable")),
  ]

  @Test(arguments: answers)
  func whatAnAnswerSays(answer: InquiryAnswer, expected: Identification) throws {
    #expect(try Self.outcome(answer) == expected)
  }

  @Test func anAnswerIsBelievedForAWhile() throws {
    let guarded = Self.make()
    let asked = try #require(inquiry(guarded.identify(evidence("abc"), now: moment())))
    _ = guarded.receive(ok(#"{"active":true,"sub":"alice"}"#), to: asked, for: evidence("abc"), now: moment())
    #expect(caller(guarded.identify(evidence("abc"), now: moment(10 * second - 1)))?.subject == "alice")
    #expect(inquiry(guarded.identify(evidence("abd"), now: moment())) != nil, "another token")
    #expect(inquiry(guarded.identify(evidence("abc"), now: moment(10 * second)))?.flight == asked.flight)
    // A no is believed as long; no answer is none to believe.
    _ = guarded.receive(ok(#"{"active":false}"#), to: asked, for: evidence("abc"), now: moment(10 * second))
    #expect(guarded.identify(evidence("abc"), now: moment(19 * second)) == refused("inactive"))
    _ = guarded.receive(.failed("timeout"), to: asked, for: evidence("abc"), now: moment(20 * second))
    #expect(inquiry(guarded.identify(evidence("abc"), now: moment(20 * second))) != nil)
  }

  @Test func aTokenEndsWhileItsAnswerIsBelieved() throws {
    let guarded = Self.make()
    let asked = try #require(inquiry(guarded.identify(evidence("abc"), now: moment())))
    _ = guarded.receive(ok(#"{"active":true,"exp":\#(issuedAt + 5)}"#), to: asked, for: evidence("abc"), now: moment())
    let after = Moment(monotonic: moment(5 * second).monotonic, unixSeconds: issuedAt + 5)
    #expect(guarded.identify(evidence("abc"), now: after) == refused("expired"))
  }

  @Test func nothingIsKeptWhereNothingIsBelieved() throws {
    let guarded = Self.make(lifetime: .zero)
    let asked = try #require(inquiry(guarded.identify(evidence("abc"), now: moment())))
    #expect(caller(guarded.receive(ok(#"{"active":true,"sub":"a"}"#), to: asked, for: evidence("abc"), now: moment())) != nil)
    #expect(inquiry(guarded.identify(evidence("abc"), now: moment())) != nil)
  }

  @Test func whatIsNoTokenIsNotAskedAbout() {
    let guarded = Self.make()
    #expect(guarded.identify(evidence(), now: moment()) == .absent)
    for text in ["a b", "a\r\nb", "a\0", "é", String(repeating: "x", count: 8193)] {
      #expect(guarded.identify(evidence(text), now: moment()) == refused("malformed"))
    }
  }

  @Test func secretsAreNotPrinted() throws {
    let asked = try #require(inquiry(Self.make().identify(evidence(canary), now: moment())))
    var text = "\(asked) \(String(reflecting: asked)) \(evidence(canary)) \(Identification.ask(asked))"
    dump(asked, to: &text)
    dump(evidence(canary), to: &text)
    dump(request(credential: canary), to: &text)
    text += "\(request(credential: canary)) \(String(reflecting: request(credential: canary)))"
    dump(IntrospectionGuard(url: "https://id.example", clientID: "me", clientSecret: canary), to: &text)
    dump(JWTGuard(JSONWebToken.Verifier(algorithms: [.hs256], secret: Array(canary.utf8))), to: &text)
    let issued = try SessionTokenStore().issue(SessionTokenStore.Terms(issuer: "a"), to: nil, for: evidence(), now: moment())
    dump(issued, to: &text)
    #expect(!text.contains(issued.token))
    #expect(!text.contains(canary) && !text.contains("Basic"))
  }
}
