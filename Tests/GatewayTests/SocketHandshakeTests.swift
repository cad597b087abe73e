import Configuration
import Relay
import Testing
import Vendors
import WebSocket
@testable import Gateway

/// The handshake inside the socket, message by message, in the exact words of the frontends that wait for them.
@Suite struct SocketHandshakeTests {
  /// What happens to the state machine.
  enum Step {
    case text(String)
    case binary([UInt8])
    case answer(LobbyAnswer)
    case attached
    case detached(LobbyDetachment)
    case expired
  }

  /// A conversation: each step, and what is to be done at it.
  struct Row: CustomTestStringConvertible {
    let name: String
    let settings: SocketHandshake.Settings
    var isKnown = false
    let steps: [(Step, [LobbyAction])]
    var testDescription: String { name }
  }

  static func tell(_ text: String) -> LobbyAction { .tell(Array(text.utf8)) }

  private static let flat = SocketTexts(style: .flat, upstream: "OpenAI")
  private static let nested = SocketTexts(style: .nested, upstream: "OpenAI")

  /// A3: a token, then `connect_realtime`.
  private static let donna = SocketHandshake.Settings(
    authenticate: .required, canAuthenticate: true, connect: "connect_realtime", texts: flat, early: 4, earlyBytes: 1_000)
  /// A3 without a secret.
  private static let open = SocketHandshake.Settings(authenticate: .optional, connect: "connect_realtime", texts: flat, early: 4)
  /// A4: `session.create` dials and goes on.
  private static let assist = SocketHandshake.Settings(connect: "session.create", forwardsConnect: true, texts: nested)
  /// Authentication alone.
  private static let token = SocketHandshake.Settings(authenticate: .required, canAuthenticate: true, texts: flat)

  private static let success = tell(#"{"type":"auth_success","message":"Authentication successful"}"#)
  private static let required = tell(#"{"type":"auth_required","error":"Please authenticate first"}"#)
  private static let badFormat = tell(#"{"type":"error","error":"Invalid message format"}"#)
  private static let disconnected = tell(#"{"type":"realtime_disconnected"}"#)
  private static let failure = tell(#"{"type":"error","error":"OpenAI connection error"}"#)
  private static let lost = tell(
    #"{"type":"error","error":{"message":"OpenAI connection lost. Please reconnect.","type":"connection_lost"}}"#)
  private static let nestedFailure = tell(#"{"type":"error","error":{"message":"OpenAI connection error","type":"connection_error"}}"#)

  private static func close(_ name: String, _ code: UInt16, _ reason: String) -> LobbyAction {
    .close(SessionEnd(name: name, code: CloseCode(rawValue: code), reason: reason))
  }

  private static let much = #"{"audio":"\#(String(repeating: "A", count: 300_000))"}"#
  private static let authenticate = Step.text(#"{"type":"authenticate","token":"x.y.z"}"#)
  private static let connect = Step.text(#"{"type":"connect_realtime"}"#)
  private static let create = #"{"type":"session.create","model":"m"}"#
  private static let audio = #"{"type":"input_audio_buffer.append","audio":"AAAA"}"#
  private static let check = LobbyAction.ask(.credential("x.y.z"))

  static let rows: [Row] = [
    Row(name: "N5 silence", settings: donna, steps: [(.expired, [close("authentication_timeout", 4001, "Authentication timeout")])]),
    Row(
      name: "N5 silence where nothing is required", settings: open,
      steps: [(.expired, [close("authentication_timeout", 4001, "Authentication timeout")])]),
    Row(name: "N6 good token", settings: donna, steps: [(authenticate, [check]), (.answer(.accepted), [success])]),
    Row(
      name: "N7 bad token", settings: donna,
      steps: [
        (authenticate, [check]),
        (
          .answer(.rejected),
          [
            tell(#"{"type":"auth_error","error":"Invalid token"}"#), close("authentication_failed", 4003, "Authentication failed"),
          ]
        ),
      ]),
    Row(
      name: "N8 no token", settings: donna,
      steps: [
        (.text(#"{"type":"authenticate"}"#), [tell(#"{"type":"auth_error","error":"Token required"}"#)]),
        (.text(#"{"type":"authenticate","token":""}"#), [tell(#"{"type":"auth_error","error":"Token required"}"#)]),
        (.text(#"{"type":"authenticate","token":5}"#), [tell(#"{"type":"auth_error","error":"Token required"}"#)]),
        (authenticate, [check]), (.answer(.accepted), [success]),
      ]),
    Row(
      name: "N9 nobody checks tokens", settings: open,
      steps: [
        (authenticate, [tell(#"{"type":"auth_error","error":"Authentication not configured"}"#)]), (connect, [.ask(.upstream)]),
      ]),
    Row(
      name: "N10 anything else first", settings: donna,
      steps: [
        (connect, [required]), (.text("[]"), [required]), (.text(#"{"typ":"authenticate"}"#), [required]),
        (authenticate, [check]), (.answer(.accepted), [success]), (connect, [.ask(.upstream)]),
      ]),
    Row(
      name: "N11 no JSON", settings: donna,
      steps: [
        (.text("hello"), [badFormat]), (.binary([1, 2, 3]), [badFormat]), (.text(""), [badFormat]), (authenticate, [check]),
      ]),
    Row(
      name: "N11 JSON in a binary message", settings: donna,
      steps: [(.binary(Array(#"{"type":"authenticate","token":"x.y.z"}"#.utf8)), [check])]),
    Row(
      name: "N12 no word when the upstream is open", settings: donna, isKnown: true, steps: [(connect, [.ask(.upstream)]), (.attached, [])]),
    Row(
      name: "N13 a second connect", settings: donna, isKnown: true,
      steps: [
        (connect, [.ask(.upstream)]), (connect, []), (.attached, [tell(#"{"type":"error","error":"Already connected"}"#)]),
        (connect, [tell(#"{"type":"error","error":"Already connected"}"#)]), (.text(audio), [.forward(.text(audio))]),
      ]),
    Row(
      name: "N14 text stays text, and is dropped without an upstream", settings: donna, isKnown: true,
      steps: [
        (.text(audio), []), (connect, [.ask(.upstream)]), (.attached, []), (.text(audio), [.forward(.text(audio))]),
        (.binary(Array(audio.utf8)), [.forward(.text(audio))]), (.binary([1, 2, 3]), [badFormat]), (.text("hello"), [badFormat]),
        (.text("  {} \n"), [.forward(.text("  {} \n"))]), (.detached(closed), [disconnected]), (.text(audio), []),
        (.text("hello"), [badFormat]),
      ]),
    Row(
      name: "N15 the upstream goes, and is asked for again", settings: donna, isKnown: true,
      steps: [
        (connect, [.ask(.upstream)]), (.attached, []), (.detached(closed), [disconnected]), (connect, [.ask(.upstream)]),
        (.answer(.noUpstream), [failure, disconnected]), (connect, [.ask(.upstream)]), (.attached, []),
        (.detached(.lost), [failure, disconnected]),
      ]),
    Row(
      name: "what comes while the upstream is dialled", settings: donna, isKnown: true,
      steps: [
        (connect, [.ask(.upstream)]), (.text(audio), []), (.text("hello"), []), (.text(#"{"type":"b"}"#), []),
        (.attached, [.forward(.text(audio)), badFormat, .forward(.text(#"{"type":"b"}"#))]),
      ]),
    Row(
      name: "too much of it", settings: donna, isKnown: true,
      steps: [
        (connect, [.ask(.upstream)]), (.text(String(repeating: "x", count: 800)), []),
        (.text(String(repeating: "x", count: 800)), [close("early_bytes", 1008, "Too many bytes before the upstream is open")]),
      ]),
    Row(
      name: "more than a second's worth without an upstream", settings: donna, isKnown: true,
      steps: [
        (.text("{}"), []), (connect, [.ask(.upstream)]), (.attached, []), (.text(much), [.forward(.text(much))]),
        (.text(much), [.forward(.text(much))]), (.detached(closed), [disconnected]), (.text(much), []),
        (.text(much), [close("idle_bytes", 1008, "Too much without an upstream")]),
      ]),
    Row(
      name: "what comes while the token is checked", settings: donna,
      steps: [
        (authenticate, [check]), (connect, []), (.text(audio), []), (.answer(.accepted), [success, .ask(.upstream)]),
        (.attached, [.forward(.text(audio))]),
      ]),
    Row(
      name: "too many messages of a stranger", settings: donna,
      steps: [
        (connect, [required]), (connect, [required]), (.text("x"), [badFormat]), (connect, [required]),
        (connect, [close("early_messages", 1008, "Too many messages before authentication")]),
      ]),
    Row(
      name: "the session may not be", settings: donna,
      steps: [
        (authenticate, [check]),
        (
          .answer(.end(SessionEnd(name: "rate_limited", code: .tryAgainLater, reason: "Too many requests"))),
          [
            close("rate_limited", 1013, "Too many requests")
          ]
        ),
      ]),
    Row(
      name: "a token is not for the upstream", settings: donna, isKnown: true,
      steps: [
        (connect, [.ask(.upstream)]), (.attached, []), (authenticate, [check]), (.text(audio), []),
        (.answer(.accepted), [success, .forward(.text(audio))]),
        (.text(#"{"type":"x","text":"\"authenticate\""}"#), [.forward(.text(#"{"type":"x","text":"\"authenticate\""}"#))]),
        (.text(#"{"a":"authenticate"}"#), [.forward(.text(#"{"a":"authenticate"}"#))]),
      ]),
    Row(
      name: "going on as nobody", settings: open,
      steps: [
        (.text(audio), []), (connect, [.ask(.upstream)]), (.attached, []), (.text(audio), [.forward(.text(audio))]),
      ]),

    Row(
      name: "R2 the message that dials goes on first", settings: assist, isKnown: true,
      steps: [
        (.text(create), [.ask(.upstream)]), (.text(audio), []), (.attached, [.forward(.text(create)), .forward(.text(audio))]),
      ]),
    Row(
      name: "R3 binary is binary, and nothing without an upstream", settings: assist, isKnown: true,
      steps: [
        (.binary([1]), []), (.text(create), [.ask(.upstream)]), (.attached, [.forward(.text(create))]),
        (.binary([1, 2]), [.forward(.binary([1, 2]))]), (.binary(Array(audio.utf8)), [.forward(.binary(Array(audio.utf8)))]),
        (.detached(closed), []), (.binary([1]), []),
      ]),
    Row(
      name: "R4 JSON without an upstream", settings: assist, isKnown: true,
      steps: [
        (.text(audio), [lost]), (.text(create), [.ask(.upstream)]), (.attached, [.forward(.text(create))]), (.detached(closed), []),
        (.text(audio), [lost]),
      ]),
    Row(
      name: "R5 the upstream fails, and is asked for again", settings: assist, isKnown: true,
      steps: [
        (.text(create), [.ask(.upstream)]), (.answer(.noUpstream), [nestedFailure]), (.text(create), [.ask(.upstream)]),
        (.attached, [.forward(.text(create))]), (.detached(.lost), [nestedFailure]), (.text(create), [.ask(.upstream)]),
      ]),
    Row(
      name: "a second session.create", settings: assist, isKnown: true,
      steps: [
        (.text(create), [.ask(.upstream)]), (.attached, [.forward(.text(create))]),
        (.text(create), [tell(#"{"type":"error","error":{"message":"Already connected","type":"already_connected"}}"#)]),
      ]),
    Row(
      name: "no authentication, no such message", settings: assist, isKnown: true,
      steps: [
        (.text(create), [.ask(.upstream)]), (.attached, [.forward(.text(create))]),
        (authenticate, [.forward(.text(#"{"type":"authenticate","token":"x.y.z"}"#))]),
      ]),

    Row(
      name: "a token alone dials", settings: token,
      steps: [
        (.text(audio), [required]), (authenticate, [check]), (.text(audio), []), (.answer(.accepted), [success, .ask(.upstream)]),
        (.attached, [.forward(.text(audio))]),
      ]),
    Row(
      name: "and where that fails the client goes", settings: token,
      steps: [
        (authenticate, [check]), (.answer(.accepted), [success, .ask(.upstream)]),
        (.answer(.noUpstream), [close("upstream", 1011, "Proxy error")]),
      ]),
  ]

  // MARK: The first message

  /// Where the first message may hold a credential.
  private static func first(
    _ vendor: String, connect: String? = nil, authenticate: RouteHandshake.Authenticate = .off
  ) throws -> SocketHandshake.Settings {
    let entry = try #require(Catalogue.builtIn()[vendor])
    return SocketHandshake.Settings(
      authenticate: authenticate, canAuthenticate: true, connect: connect, texts: flat, earlyBytes: 1_000,
      firstMessage: FirstMessageRules([entry]))
  }

  private static let vendors = SocketHandshake.Control(firstMessage: { .init(path: "X-API-Key", value: "vendors") })

  @Test func theFirstMessageSaysWho() throws {
    let lobby = SocketHandshake(try Self.first("lmnt.speech"), isKnown: false, control: Self.vendors)
    #expect(lobby.opened(now: 0) == [] && lobby.isStranger && lobby.deadline == 10_000)
    #expect(lobby.receive(.text(#"{"X-API-Key":"mine","voice":"v"}"#), now: 1) == [.ask(.credential("mine"))])
    #expect(lobby.receive(.text(#"{"text":"a"}"#), now: 2) == [])
    #expect(lobby.receive(.accepted, now: 3) == [.ask(.upstream)])
    #expect(!lobby.isStranger && lobby.deadline == nil && !lobby.keepsClient(after: .lost, now: 0))
    #expect(
      lobby.attached(now: 4) == [.forward(.text(#"{"voice":"v","X-API-Key":"vendors"}"#)), .leave, .forward(.text(#"{"text":"a"}"#))])
  }

  @Test func whoIsKnownWaitsForItsUpstream() throws {
    let lobby = SocketHandshake(try Self.first("lmnt.speech"), isKnown: true, control: Self.vendors)
    #expect(lobby.opened(now: 0) == [])
    #expect(lobby.receive(.text(#"{"voice":"v"}"#), now: 1) == [])
    #expect(lobby.attached(now: 2) == [.forward(.text(#"{"voice":"v","X-API-Key":"vendors"}"#)), .leave])
  }

  /// Nothing to take out and nothing to put in: the message goes on as it came.
  @Test func aMessageAsItCame() throws {
    for message in [Message.text(#"{ "model" : "m" }"#), .binary([1]), .text("hello")] {
      let lobby = SocketHandshake(try Self.first("soniox.stt"), isKnown: true)
      #expect(lobby.attached(now: 0) == [])
      #expect(lobby.receive(message, now: 1) == [.forward(message), .leave])
    }
  }

  /// What cannot be read may hold the client's credential all the same.
  @Test(arguments: [#"{"api_key":"k",}"#, #" {"api_key":"k""#])
  func whatCannotBeReadEndsIt(text: String) throws {
    let lobby = SocketHandshake(try Self.first("soniox.stt"), isKnown: true)
    _ = lobby.attached(now: 0)
    #expect(lobby.receive(.text(text), now: 1) == [Self.close("first_message", 1008, "The first message must be a JSON object")])
  }

  @Test(arguments: [#"{"voice":"v"}"#, "hello", #"{"X-API-Key":""}"#, #"{"X-API-Key":7}"#])
  func nobodyIsNotLetIn(text: String) throws {
    let lobby = SocketHandshake(try Self.first("lmnt.speech"), isKnown: false, control: Self.vendors)
    #expect(lobby.receive(.text(text), now: 0) == [Self.close("unauthorized", 1008, "Authentication required")])
  }

  @Test func aWrongOneIsClosedWithoutAMessage() throws {
    let lobby = SocketHandshake(try Self.first("lmnt.speech"), isKnown: false, control: Self.vendors)
    _ = lobby.receive(.text(#"{"X-API-Key":"mine"}"#), now: 0)
    #expect(lobby.receive(.rejected, now: 1) == [Self.close("unauthorized", 1008, "Invalid token")])
  }

  @Test func whatCannotHoldTheKeyEndsIt() throws {
    let lobby = SocketHandshake(try Self.first("lmnt.speech"), isKnown: true, control: Self.vendors)
    _ = lobby.attached(now: 0)
    #expect(lobby.receive(.binary([1]), now: 1) == [Self.close("first_message", 1008, "The first message must be a JSON object")])
  }

  /// With a handshake of the gateway's own, every upstream has a first message, and the lobby stays.
  @Test func everyUpstreamHasAFirstMessage() throws {
    let lobby = SocketHandshake(try Self.first("lmnt.speech", connect: "connect_realtime"), isKnown: true, control: Self.vendors)
    for _ in 0..<2 {
      #expect(lobby.receive(Self.connectMessage, now: 1) == [.ask(.upstream)])
      #expect(lobby.attached(now: 2) == [])
      #expect(lobby.receive(.text(#"{"voice":"v"}"#), now: 3) == [.forward(.text(#"{"voice":"v","X-API-Key":"vendors"}"#))])
      #expect(lobby.receive(.text(#"{"text":"a"}"#), now: 4) == [.forward(.text(#"{"text":"a"}"#))])
      _ = lobby.detached(.lost, now: 5)
    }
  }

  private static let closed = LobbyDetachment.closed(ClosePayload(code: .normal))
  private static let connectMessage = Message.text(#"{"type":"connect_realtime"}"#)

  @Test func aDetachedUpstreamIsGivenBack() async throws {
    await confirmation(expectedCount: 1) { gone in
      let lobby = SocketHandshake(Self.donna, isKnown: true, control: SocketHandshake.Control(detached: { gone() }))
      _ = lobby.attached(now: 0)
      _ = lobby.detached(Self.closed, now: 1)
    }
  }

  @Test(arguments: rows)
  func conversation(_ row: Row) {
    let lobby = SocketHandshake(row.settings, isKnown: row.isKnown)
    #expect(lobby.opened(now: 5) == [])
    #expect(lobby.deadline == (row.isKnown ? nil : 10_005))
    for (index, (step, expected)) in row.steps.enumerated() {
      let actions =
        switch step {
        case .text(let text): lobby.receive(.text(text), now: 6)
        case .binary(let bytes): lobby.receive(.binary(bytes), now: 6)
        case .answer(let answer): lobby.receive(answer, now: 7)
        case .attached: lobby.attached(now: 8)
        case .detached(let how): lobby.detached(how, now: 9)
        case .expired: lobby.expired(now: 10_005)
        }
      #expect(actions == expected, "step \(index): \(Self.text(actions)), not \(Self.text(expected))")
    }
  }

  private static func text(_ actions: [LobbyAction]) -> String {
    actions.map { if case .tell(let bytes) = $0 { "tell \(String(decoding: bytes, as: UTF8.self))" } else { "\($0)" } }.joined(
      separator: ", ")
  }

  /// The clock runs until the client is known, or has gone on without.
  @Test func clock() {
    let lobby = SocketHandshake(Self.donna, isKnown: false)
    _ = lobby.opened(now: 0)
    _ = lobby.receive(.text(#"{"type":"authenticate"}"#), now: 1)
    _ = lobby.receive(.text(#"{"type":"authenticate","token":"t"}"#), now: 2)
    #expect(lobby.deadline == 10_000 && lobby.isStranger)
    _ = lobby.receive(.accepted, now: 3)
    #expect(lobby.deadline == nil && !lobby.isStranger)

    let free = SocketHandshake(Self.open, isKnown: false)
    _ = free.opened(now: 0)
    _ = free.receive(.text("no JSON"), now: 1)
    #expect(free.deadline == 10_000)
    _ = free.receive(.text(#"{"type":"connect_realtime"}"#), now: 2)
    #expect(free.deadline == nil)
  }

  /// Who is known by the request needs no message; without a connecting message the upstream is dialled at once.
  @Test func knownFromTheStart() {
    let lobby = SocketHandshake(Self.token, isKnown: true)
    #expect(lobby.opened(now: 0) == [.ask(.upstream)] && lobby.deadline == nil && !lobby.keepsClient(after: .lost, now: 0))
    #expect(SocketHandshake(Self.donna, isKnown: true).keepsClient(after: .lost, now: 0))
  }

  @Test func missingTokensAreNoted() async {
    await confirmation(expectedCount: 1) { noted in
      let lobby = SocketHandshake(Self.donna, isKnown: false, control: SocketHandshake.Control(missesToken: { noted() }))
      _ = lobby.receive(.text(#"{"type":"authenticate"}"#), now: 0)
      _ = lobby.receive(.text(#"{"type":"authenticate","token":"t"}"#), now: 0)
    }
  }

  /// Who need not say who it is holds a stranger's place until it asks for the vendor, and no longer than one may.
  @Test(arguments: [RouteHandshake.Style.flat, .nested])
  func anIdleClientHasItsTime(style: RouteHandshake.Style) {
    let settings = SocketHandshake.Settings(
      authenticate: .optional, connect: "connect_realtime", texts: SocketTexts(style: style, upstream: "OpenAI"))
    let handshake = SocketHandshake(settings, isKnown: false)
    #expect(handshake.opened(now: 5) == [])
    for message in [Message.text("{}"), .text(Self.audio), .text("hello"), .binary([1, 2]), .binary(Array("{}".utf8))] {
      _ = handshake.receive(message, now: 6)
      #expect(handshake.deadline == 10_005 && handshake.isStranger, "\(message)")
    }
    #expect(handshake.receive(.text(#"{"type":"connect_realtime"}"#), now: 7) == [.ask(.upstream)])
    #expect(handshake.deadline == nil)
  }
}
