import Configuration
import Guards
import JSON
import Relay
import Vendors
import WebSocket

/// The handshake inside the socket: a client that says who it is, and when to dial, by messages. Without I/O.
final class SocketHandshake: Lobby {
  /// What a route says of it.
  struct Settings: Sendable, Equatable {
    var authenticate = RouteHandshake.Authenticate.off
    /// Whether there is anybody who could check a token.
    var canAuthenticate = false
    /// Type of the message that asks for an upstream; nil where the first message does, or the token's being good.
    var connect: String?
    /// Whether that message goes on.
    var forwardsConnect = false
    var texts: SocketTexts
    /// Messages of a client that is not known yet.
    var early = 20
    /// Bytes of messages that wait for an answer or an upstream.
    var earlyBytes = 256 << 10
    /// Bytes a second of a client that is known and has no upstream, each message counted as a kilobyte more than it is: more than a
    /// microphone that nobody listens to says, and little enough to answer.
    static let idleRate = 512 << 10
    /// Milliseconds until a client must be known.
    var timeout: Int64 = 10_000
    /// Where the client's first message may hold a credential; nil where it may not.
    var firstMessage: FirstMessageRules?

    /// Whether there is nothing to agree on but the credential of the first message.
    var isFirstMessageOnly: Bool { firstMessage != nil && authenticate == .off && connect == nil }
  }

  private enum Question {
    case credential, upstream
  }

  /// What the control path is working on.
  private var question: Question?
  /// Who it is, or that it is nobody, is settled.
  private var isKnown: Bool
  private var isOpen = false
  private var connectMessage: Message?
  /// What came while a question was open.
  private var waiting: [Message] = []
  private var waitingBytes = 0
  /// The next message for the upstream is its first.
  private var isFirstDue = false
  private var strangeMessages = 0
  /// What a client without an upstream may say.
  private let idle = Meter(count: Settings.idleRate, per: 1_000_000_000)
  private(set) var deadline: Int64?

  private let settings: Settings
  private let control: Control
  // What may be meant for the gateway has one of these in it.
  private let marks: [[UInt8]]

  /// What the control path is told and asked at once.
  struct Control: Sendable {
    /// A client authenticates without a token.
    var missesToken: @Sendable () -> Void = {}
    /// The upstream is gone, and the client stays.
    var detached: @Sendable () -> Void = {}
    /// What belongs into the first message for the upstream that has just come.
    var firstMessage: @Sendable () -> UpstreamRequest.FirstMessageCredential? = { nil }
  }

  /// - Parameter isKnown: the client was identified by its request. Where nothing is to be agreed on but the first message, its upstream
  ///   comes without being asked for.
  init(_ settings: Settings, isKnown: Bool, control: Control = Control()) {
    self.settings = settings
    self.isKnown = isKnown
    self.control = control
    let types = (settings.authenticate == .off ? [] : ["authenticate"]) + (settings.connect.map { [$0] } ?? [])
    marks = types.map { Array("\"\($0)\"".utf8) }
  }

  var isStranger: Bool { !isKnown }
  func keepsClient(after detachment: LobbyDetachment, now: Int64) -> Bool { settings.connect != nil }

  private var texts: SocketTexts { settings.texts }

  func opened(now: Int64) -> [LobbyAction] {
    if !isKnown { deadline = now + settings.timeout }
    return isKnown && settings.connect == nil && !settings.isFirstMessageOnly ? ask(.upstream) : []
  }

  // MARK: Messages

  func receive(_ message: Message, now: Int64) -> [LobbyAction] {
    if question != nil { return keep(message) }
    if isKnown, !isOpen, !idle.take(min(message.size, Settings.idleRate - 1_024) + 1_024, now: UInt64(now) * 1_000_000) {
      return [.close(Self.tooMuchIdle)]
    }
    if settings.isFirstMessageOnly { return receiveFirst(message) }
    if isOpen, !message.mentions(marks) { return pass(message) }
    guard let content = message.json(evenBinary: texts.style == .flat) else { return receiveOther(message) }
    let type = content.objectValue?["type"]?.stringValue
    if type == "authenticate", settings.authenticate != .off { return authenticate(content.objectValue?["token"]?.stringValue) }
    if isStrange { return count(answering: texts.authenticationRequired) }
    if type == settings.connect, type != nil { return connect(message) }
    if isOpen { return pass(message) }
    guard settings.connect != nil else { return keep(message) + ask(.upstream) }
    return count(answering: texts.connectionLost)
  }

  /// A message that is no JSON.
  private func receiveOther(_ message: Message) -> [LobbyAction] {
    if case .binary = message, texts.style == .nested {
      if isStrange { return count(answering: texts.authenticationRequired) }
      if isOpen { return forward(message) }
      return settings.connect == nil ? keep(message) + ask(.upstream) : count(answering: nil)
    }
    if isOpen { return pass(message) }
    return count(answering: texts.invalidFormat)
  }

  /// Where the first message is all that the gateway looks at.
  private func receiveFirst(_ message: Message) -> [LobbyAction] {
    if isOpen { return forward(message) }
    if isKnown { return keep(message) }
    guard case .text(let text) = message, let credential = settings.firstMessage?.read(text)?.credential else {
      control.missesToken()
      return [.close(Self.missing)]
    }
    return keep(message) + ask(.credential(credential))
  }

  /// Passes a message on; the first one with the vendor's credential in the place of the client's.
  private func forward(_ message: Message) -> [LobbyAction] {
    guard isFirstDue, let rules = settings.firstMessage else { return [.forward(message)] }
    isFirstDue = false
    let farewell = settings.isFirstMessageOnly ? [LobbyAction.leave] : []
    let credential = control.firstMessage()
    guard case .text(let text) = message, let reading = rules.read(text) else {
      // Nothing can be taken out of it, and nothing put in. What begins like an object and is none that can be read may hold anything.
      return credential == nil && !message.beginsLikeAnObject ? [.forward(message)] + farewell : [.close(Self.notFirst)]
    }
    guard reading.isChanged || credential != nil else { return [.forward(message)] + farewell }
    let content = credential.map { FirstMessage.placing($0, in: reading.message) } ?? reading.message
    return [.forward(.text(content.text()))] + farewell
  }

  private var isStrange: Bool { settings.authenticate == .required && !isKnown }

  private func authenticate(_ token: String?) -> [LobbyAction] {
    guard settings.canAuthenticate else { return count(answering: texts.notConfigured) }
    guard let token, !token.isEmpty else {
      control.missesToken()
      return count(answering: texts.tokenRequired)
    }
    return count(answering: nil) { self.ask(.credential(token)) }
  }

  private func connect(_ message: Message) -> [LobbyAction] {
    guard !isOpen else { return [.tell(texts.alreadyConnected)] }
    connectMessage = settings.forwardsConnect ? message.asText : nil
    return ask(.upstream)
  }

  /// A message for the upstream. Where frontends speak JSON only, it is told from other things by its ends.
  private func pass(_ message: Message) -> [LobbyAction] {
    guard texts.style == .flat else { return forward(message) }
    guard let text = message.asText, text.looksLikeJSON else { return [.tell(texts.invalidFormat)] }
    return forward(text)
  }

  /// Counts a message of a client that is not known yet.
  private func count(answering answer: [UInt8]?, then next: () -> [LobbyAction] = { [] }) -> [LobbyAction] {
    if !isKnown {
      strangeMessages += 1
      guard strangeMessages <= settings.early else { return [.close(Self.tooMany)] }
    }
    return (answer.map { [.tell($0)] } ?? []) + next()
  }

  private func keep(_ message: Message) -> [LobbyAction] {
    // An empty message is not free either.
    waitingBytes += message.size + 64
    guard waitingBytes <= settings.earlyBytes else { return [.close(Self.tooMuchEarly)] }
    waiting.append(message)
    return []
  }

  /// Takes what has waited, as if it came now.
  private func resume(now: Int64) -> [LobbyAction] {
    let messages = waiting
    waiting = []
    waitingBytes = 0
    var actions: [LobbyAction] = []
    for message in messages {
      actions += receive(message, now: now)
      if case .close = actions.last { break }
    }
    return actions
  }

  // MARK: Answers

  private func ask(_ question: LobbyQuestion) -> [LobbyAction] {
    self.question = question == .upstream ? .upstream : .credential
    // Whoever need not say who it is goes on without, and is nobody from here on; until then it is a stranger.
    if question == .upstream { deadline = nil }
    return [.ask(question)]
  }

  func receive(_ answer: LobbyAnswer, now: Int64) -> [LobbyAction] {
    guard question != nil else { return [] }
    question = nil
    switch answer {
    case .accepted:
      let isNews = !isKnown
      isKnown = true
      deadline = nil
      if settings.isFirstMessageOnly { return ask(.upstream) }
      let told = LobbyAction.tell(SocketTexts.authenticated)
      if isNews, settings.connect == nil, !isOpen { return [told] + ask(.upstream) }
      return [told] + resume(now: now)
    case .rejected:
      // A vendor's own package knows nothing of the gateway's messages.
      if settings.isFirstMessageOnly { return [.close(Self.wrong)] }
      return [.tell(texts.invalidToken), .close(Self.failed)]
    case .noUpstream:
      connectMessage = nil
      guard settings.connect != nil else { return [.close(Self.proxyError)] }
      return texts.lost.map { .tell($0) } + resume(now: now)
    case .end(let end):
      return [.close(end)]
    }
  }

  func attached(now: Int64) -> [LobbyAction] {
    question = nil
    isKnown = true
    isOpen = true
    deadline = nil
    isFirstDue = settings.firstMessage != nil
    let first = connectMessage.map { forward($0) } ?? []
    connectMessage = nil
    return first + resume(now: now)
  }

  func detached(_ detachment: LobbyDetachment, now: Int64) -> [LobbyAction] {
    isOpen = false
    control.detached()
    return (detachment == .lost ? texts.lost : texts.closed).map { .tell($0) }
  }

  func expired(now: Int64) -> [LobbyAction] {
    deadline = nil
    return [.close(Self.timedOut)]
  }

  // MARK: Ends

  static let timedOut = SessionEnd(name: "authentication_timeout", code: CloseCode(rawValue: 4001), reason: "Authentication timeout")
  static let failed = SessionEnd(name: "authentication_failed", code: CloseCode(rawValue: 4003), reason: "Authentication failed")
  static let wrong = SessionEnd(name: "unauthorized", code: .policyViolation, reason: "Invalid token")
  static let missing = SessionEnd(name: "unauthorized", code: .policyViolation, reason: "Authentication required")
  static let notFirst = SessionEnd(name: "first_message", code: .policyViolation, reason: "The first message must be a JSON object")
  static let tooMany = SessionEnd(
    name: "early_messages", code: .policyViolation, reason: "Too many messages before authentication")
  static let tooMuchEarly = SessionEnd(
    name: "early_bytes", code: .policyViolation, reason: "Too many bytes before the upstream is open")
  static let tooMuchIdle = SessionEnd(
    name: "idle_bytes", code: .policyViolation, reason: "Too much without an upstream")
  static let proxyError = SessionEnd(name: "upstream", code: .internalError, reason: "Proxy error")
}
