import JSON
import Testing
@testable import Vendors

private let key = "dg-CANARY-0123456789"

@Suite struct SimulatorAdmissionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var why: String
    var vendor = "deepgram.listen"
    var path = "/v1/listen"
    var query: String? = "model=nova-3&encoding=linear16&sample_rate=16000"
    var headers: [(String, String)] = [("Authorization", "Token \(key)")]
    var subprotocols: [String] = []
    /// nil: accepted.
    var status: Int?
    var answer: String?
    var testDescription: String { why }
  }

  static let rows: [Row] = [
    Row(why: "as documented"),
    Row(why: "the scheme's case does not matter", headers: [("authorization", "token \(key)")]),
    Row(why: "a browser's pair", headers: [], subprotocols: ["token", key], answer: "token"),
    Row(why: "no encoding: a container", query: "model=nova-3"),
    Row(why: "nothing", headers: [], status: 401),
    Row(why: "bare key", headers: [("Authorization", key)], status: 401),
    Row(why: "key as bearer", headers: [("Authorization", "Bearer \(key)")], status: 401),
    Row(why: "wrong key", headers: [("Authorization", "Token other")], status: 401),
    Row(why: "another header", headers: [("xi-api-key", key)], status: 401),
    Row(why: "in the query", query: "model=nova-3&token=\(key)", headers: [], status: 401),
    Row(why: "twice", subprotocols: ["token", key], status: 401),
    Row(why: "two headers", headers: [("Authorization", "Token \(key)"), ("Authorization", "Token \(key)")], status: 401),
    Row(
      why: "also in a header it does not belong in", headers: [("Authorization", "Token \(key)"), ("X-Debug", "was \(key)")],
      status: 401),
    Row(why: "also in the query", query: "model=nova-3&tag=\(key)", status: 401),
    Row(why: "pair in the wrong order", headers: [], subprotocols: [key, "token"], status: 401),
    Row(why: "no model", query: "encoding=linear16&sample_rate=16000", status: 400),
    Row(why: "unknown encoding", query: "model=m&encoding=linear61&sample_rate=16000", status: 400),
    Row(why: "raw audio without a rate", query: "model=m&encoding=linear16", status: 400),
    Row(why: "a rate that is no number", query: "model=m&encoding=linear16&sample_rate=16k", status: 400),
    Row(why: "a rate that the encoding has not", query: "model=m&encoding=amr-wb&sample_rate=8000", status: 400),
    Row(why: "no channels at all", query: "model=m&encoding=linear16&sample_rate=16000&channels=0", status: 400),
    Row(why: "another path", path: "/v1/speak", status: 404),
    Row(why: "agent", vendor: "deepgram.agent", path: "/v1/agent/converse", query: nil),
    Row(why: "agent without key", vendor: "deepgram.agent", path: "/v1/agent/converse", query: nil, headers: [], status: 401),
    Row(
      why: "openai", vendor: "openai.realtime", path: "/v1/realtime", query: "model=gpt-realtime",
      headers: [
        (
          "Authorization",
          "Bearer \(key)"
        )
      ]),
    Row(
      why: "openai transcription", vendor: "openai.realtime", path: "/v1/realtime", query: "intent=transcription",
      headers: [("Authorization", "Bearer \(key)")]),
    Row(
      why: "openai browser", vendor: "openai.realtime", path: "/v1/realtime", query: "model=m", headers: [],
      subprotocols: [
        "realtime",
        "openai-insecure-api-key.\(key)",
      ], answer: "realtime"),
    Row(
      why: "openai without realtime", vendor: "openai.realtime", path: "/v1/realtime", query: "model=m", headers: [],
      subprotocols: ["openai-insecure-api-key.\(key)"], status: 401),
    Row(
      why: "openai with token scheme", vendor: "openai.realtime", path: "/v1/realtime", query: "model=m",
      headers: [
        (
          "Authorization",
          "Token \(key)"
        )
      ], status: 401),
    Row(
      why: "openai without model", vendor: "openai.realtime", path: "/v1/realtime", query: nil,
      headers: [
        (
          "Authorization",
          "Bearer \(key)"
        )
      ], status: 400),
  ]

  @Test(arguments: rows)
  func theVendorsDemands(row: Row) throws {
    let request = ClientRequest(rest: row.path, query: row.query, headers: row.headers, subprotocols: row.subprotocols)
    switch SimulatorSession.admit(request, try vendor(row.vendor), secret: key, seed: 1) {
    case .accepted(_, let subprotocol):
      #expect(row.status == nil)
      #expect(subprotocol == row.answer)
    case .refused(let refusal):
      #expect(refusal.status == row.status)
      #expect(!"\(refusal)".contains(key), "the answer holds the key")
      #expect(throws: Never.self) { try JSONValue.parse(refusal.body) }
    }
  }

  @Test func deepgramSaysWhyInAHeader() throws {
    let request = ClientRequest(rest: "/v1/listen", query: "model=m", headers: [])
    guard case .refused(let refusal) = SimulatorSession.admit(request, try vendor("deepgram.listen"), secret: key, seed: 1) else {
      Issue.record("accepted")
      return
    }
    #expect(refusal.headers.contains(.init("dg-error", "Invalid credentials.")))
    #expect(refusal.headers.contains { $0.name == "dg-request-id" && $0.value.count == 36 })
    #expect(try JSONValue.parse(refusal.body)["err_code"] == "INVALID_AUTH")
  }

  @Test func withoutAnExpectedSecretAnyWillDoInItsPlace() throws {
    let descriptor = try vendor("deepgram.listen")
    for (value, accepted) in [("Token anything", true), ("Bearer jwt", true), ("anything", false)] {
      let request = ClientRequest(rest: "/v1/listen", query: "model=m", headers: [("Authorization", value)])
      let admission = SimulatorSession.admit(request, descriptor, secret: nil, seed: 1)
      if case .accepted = admission { #expect(accepted) } else { #expect(!accepted) }
    }
  }

  @Test(arguments: [
    ([("OpenAI-Beta", "realtime=v1"), ("Authorization", "Bearer \(key)")], [String]()),
    (
      [],
      [
        "realtime",
        "openai-insecure-api-key.\(key)", "openai-beta.realtime-v1",
      ]
    ),
  ])
  func theRetiredBetaIsAcceptedAndClosed(headers: [(String, String)], subprotocols: [String]) throws {
    let request = ClientRequest(rest: "/v1/realtime", query: "model=m", headers: headers, subprotocols: subprotocols)
    let conversation = try Conversation(SimulatorSession.admit(request, try vendor("openai.realtime"), secret: key, seed: 1))
    #expect(conversation.actions == [.close(code: 4000, reason: "beta_api_shape_disabled")])
  }

  @Test func whatTheGatewayComposesIsAdmitted() throws {
    for name in ["deepgram.agent", "deepgram.listen", "openai.realtime"] {
      let descriptor = try vendor(name)
      let client = ClientRequest(
        query: "model=m&token=T", headers: [("OpenAI-Beta", "realtime=v1"), ("Cookie", "a=b"), ("Authorization", "Bearer T")],
        subprotocols: ["realtime", "openai-insecure-api-key.T", "openai-beta.realtime-v1"])
      for placement in descriptor.credential.choices where placement.kind != .token {
        let endpoint = try Endpoint(descriptor: descriptor, settings: UpstreamSettings(placement: placement.placement))
        let upstream = try endpoint.request(client, secret: key)
        let arrived = ClientRequest(
          rest: upstream.url.path, query: upstream.url.query, headers: fields(upstream.headers),
          subprotocols: upstream.subprotocols)
        guard case .accepted(var session, _) = SimulatorSession.admit(arrived, descriptor, secret: key, seed: 1) else {
          Issue.record("\(name) refuses \(placement.placement)")
          continue
        }
        #expect(!session.opened(now: .zero).contains { if case .close = $0 { true } else { false } })
      }
    }
  }

  @Test func misbehaviourIsReadFromText() {
    #expect(Misbehaviour("refuse:503") == .refuse(status: 503))
    #expect(Misbehaviour("refuse") == .refuse(status: 503))
    #expect(Misbehaviour("close:3:4001") == .close(atMessage: 3, code: 4001))
    #expect(Misbehaviour("close") == .close(atMessage: 1, code: 1011))
    #expect(Misbehaviour("stall") == .stall(atMessage: 0))
    #expect(Misbehaviour("garbage:2") == .garbage(atMessage: 2))
    for text in [
      "", "refuse:99", "close:1:99", "stall:x", "stall:1:2", "dance", "refuse:",
      "stall:-1",
    ] { #expect(Misbehaviour(text) == nil, "\(text)") }
  }
}
