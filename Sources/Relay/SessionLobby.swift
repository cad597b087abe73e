import WebSocket

/// Sessions whose client speaks to the gateway itself, and may outlive an upstream.
extension RelaySession {
  /// Lets the lobby begin.
  func enterLobby() {
    guard let desk else { return }
    obey(desk.lobby.opened(now: unsafe loop.now), at: desk)
  }

  /// Bytes of the client.
  func converse(_ bytes: UnsafeRawBufferPointer, received: Int, from leg: Leg, at desk: LobbyDesk) {
    guard desk.receive(received) else {
      unsafe loop.count(leg.party, bytes: received, messages: 0)
      return refuse(leg)
    }
    let messages = desk.messages
    do throws(ProtocolViolation) {
      let used = try unsafe hear(bytes, from: leg, at: desk)
      if used < bytes.count, !leg.closeReceived, !leg.isDead { hold(unsafe Array(bytes[used...]), of: leg) }
    } catch {
      fail(leg, error)
    }
    unsafe loop.count(leg.party, bytes: received, messages: desk.messages &- messages)
    leaveLobby(desk)
  }

  /// Hands the lobby one message after the other, until the upstream takes no more or others should have their turn.
  ///
  /// - Returns: how many bytes were used.
  private func hear(_ bytes: UnsafeRawBufferPointer, from leg: Leg, at desk: LobbyDesk) throws(ProtocolViolation) -> Int {
    // What is compressed may become a thousand times as much.
    let step = desk.compression == nil ? bytes.count : Self.pieceOfInput
    var (used, end) = (0, min(step, bytes.count))
    var work = -desk.assembler.messageBytes
    while !leg.closeReceived, !leg.isDead {
      if let event = try unsafe desk.assembler.next(UnsafeRawBufferPointer(rebasing: bytes[..<end]), at: &used) {
        if case .message(let message) = event { work += message.count + RecodingBuffers.pieceCost }
        receive(event, from: leg, at: desk)
      } else if end == bytes.count {
        break
      } else {
        end = min(end + step, bytes.count)
      }
      if upstream.isFull || work + desk.assembler.messageBytes >= RecodingBuffers.turn { break }
    }
    return used
  }

  /// Bytes of compressed input that are looked at before the next look whether it is enough.
  private static let pieceOfInput = 4 << 10

  private func receive(_ event: MessageEvent, from leg: Leg, at desk: LobbyDesk) {
    switch event {
    case .message(let message):
      desk.messages &+= 1
      leg.lastData = unsafe loop.now
      isAwaitingAnswer = true
      guard ending == nil else { return }
      guard desk.receive(inflated: message.count) else { return refuse(leg) }
      obey(desk.lobby.receive(message, now: unsafe loop.now), at: desk, isReply: true)
    case .ping(let payload):
      if terms.pings == .relay, desk.isOpen { inject(.ping, payload, to: upstream) } else { answer(payload, to: leg) }
    case .pong(let payload):
      if terms.pings == .relay, payload != Self.pingPayload { inject(.pong, payload, to: upstream) }
    case .close(let close):
      receiveClose(close, from: leg)
    }
  }

  /// A stranger has sent too much: nothing more of it is heard, not even an answer to the Close.
  private func refuse(_ leg: Leg) {
    leg.closeReceived = true
    end(.earlyBytes)
  }

  /// Takes the short way, where the lobby has nothing more to say.
  private func leaveLobby(_ desk: LobbyDesk) {
    guard ending == nil, !downstream.closeReceived, desk.leave() else { return }
    downstream.pass(by: desk.inspector, terms: terms)
  }

  func receive(_ answer: LobbyAnswer) {
    guard let desk, ending == nil else { return }
    obey(desk.lobby.receive(answer, now: unsafe loop.now), at: desk)
  }

  func hear(_ news: UpstreamNews) {
    guard let desk, desk.isOpen, ending == nil else { return }
    obey(desk.lobby.receive(news, now: unsafe loop.now), at: desk)
  }

  /// Does what the lobby says.
  ///
  /// - Parameter isReply: to something the client has sent. What it does not read it need not be told: it could make the gateway keep as
  ///   much as it likes.
  private func obey(_ actions: [LobbyAction], at desk: LobbyDesk, isReply: Bool = false) {
    desk.recognise(under: terms)
    for action in actions where ending == nil {
      switch action {
      case .tell(let text): if !isReply || !downstream.isFull { tell(text, to: downstream) }
      case .forward(let message): forward(message, at: desk)
      case .again(let message): if desk.isOpen { send(message, at: desk) }
      case .relieve: relieve(at: desk)
      case .ask(let question): desk.ask(question)
      case .close(let end): self.end(end)
      case .leave: desk.isLeaving = true
      }
    }
    if let deadline = desk.lobby.deadline, ending == nil { unsafe loop.wake(self, at: deadline) }
  }

  private func forward(_ message: Message, at desk: LobbyDesk) {
    guard desk.isOpen else { return }
    var message = message
    var result = Inspection.pass
    if let inspector = desk.inspector {
      result = message.inspect(by: inspector, now: unsafe loop.now)
      switch result.fate {
      case .passes: break
      case .stays: return obey(result, of: downstream)
      case .isReplaced(let bytes): message = message.replaced(by: bytes)
      }
    }
    send(message, at: desk)
    obey(result, of: downstream)
  }

  private func send(_ message: Message, at desk: LobbyDesk) {
    let frame = message.frame(maskKey: unsafe loop.nextMaskKey(), deflater: &desk.deflater)
    unsafe frame.withUnsafeBytes { unsafe upstream.send($0) }
    sendInjections(to: upstream)
  }

  // MARK: Upstreams that come and go

  /// Takes an upstream. Nil, and the connection is closed, where the session has one, or is about to end.
  func attach(_ parcel: consuming UpstreamParcel) -> Leg? {
    guard let desk, ending == nil, !desk.isOpen else { return nil }
    if !upstream.isDead { bury(upstream) }
    let inspectors = parcel.makeInspectors?() ?? Inspectors()
    adopt(parcel.terms)
    desk.attach(parcel.transport, inspector: inspectors.downstream, now: unsafe loop.now)
    let leg = Leg(
      .upstream, parcel.transport, to: desk.compression, terms: terms, inspector: inspectors.upstream, now: unsafe loop.now)
    replaceUpstream(by: leg)
    attendant = inspectors.attendant
    attendant?.opened(started: started, now: unsafe loop.now)
    return leg
  }

  /// What is owed to the upstream is on its way; now it is the client's turn.
  func attached() {
    guard let desk, desk.isOpen else { return }
    obey(desk.lobby.attached(now: unsafe loop.now), at: desk)
    leaveLobby(desk)
  }

  /// Takes leave of the upstream, which may say its last before it goes.
  private func relieve(at desk: LobbyDesk) {
    guard desk.isOpen, desk.relief == nil else { return }
    let due = unsafe loop.now + sayFarewell(forGood: false)
    desk.relief = due
    unsafe loop.wake(self, at: due)
  }

  /// Lets the upstream go, and keeps the client where that may be: nothing can be said behind a message that was cut.
  ///
  /// - Parameter close: what the upstream hears; nil where it is lost.
  /// - Returns: false where the session ends with it.
  func letGo(_ detachment: LobbyDetachment, saying close: ClosePayload?) -> Bool {
    guard let desk, desk.isOpen, ending == nil, !upstream.isInsideMessage, !downstream.isDead,
      desk.lobby.keepsClient(after: detachment, now: unsafe loop.now)
    else { return false }
    desk.detach(upstream)
    attendant = nil
    upstream.closeReceived = true
    upstream.tellings = []
    // It has said its last: what it has not taken yet is for nobody.
    if let close, !upstream.isBlocked { inject(.close, close.encoded, to: upstream) }
    if close == nil || !upstream.closeSent || upstream.isBlocked { bury(upstream) } else { settle(upstream) }
    obey(desk.lobby.detached(detachment, now: unsafe loop.now), at: desk)
    return true
  }

  // MARK: Time

  /// Milliseconds between two looks whether an upstream can be let go.
  private static let reliefPause: Int64 = 20

  /// The lobby's clock, and that of an upstream that has closed; returns when to look again.
  func tick(_ desk: LobbyDesk, _ now: Int64) -> Int64 {
    if let deadline = desk.lobby.deadline, now >= deadline {
      obey(desk.lobby.expired(now: now), at: desk)
    }
    guard ending == nil else { return .max }
    if let relief = desk.relief, now >= relief, !letGo(.relieved, saying: ClosePayload(code: .normal, reason: Self.sessionEnded)) {
      // Inside a message of its own, which it may end.
      desk.relief = now + Self.reliefPause
    }
    guard ending == nil else { return .max }
    if !upstream.isDead, now >= upstream.lingerDeadline { bury(upstream) }
    return min(desk.lobby.deadline ?? .max, desk.relief ?? .max, upstream.isDead ? .max : upstream.lingerDeadline)
  }
}

extension Message {
  /// Shows the message to an inspector as if it had just gone past.
  fileprivate func inspect(by inspector: any Inspector, now: Int64) -> Inspection {
    switch self {
    case .text(let text): Self.inspect(Array(text.utf8), isText: true, by: inspector, now: now)
    case .binary(let bytes): Self.inspect(bytes, isText: false, by: inspector, now: now)
    }
  }

  fileprivate func replaced(by bytes: [UInt8]) -> Message {
    if case .text = self { .text(String(decoding: bytes, as: UTF8.self)) } else { .binary(bytes) }
  }

  private static func inspect(_ bytes: [UInt8], isText: Bool, by inspector: any Inspector, now: Int64) -> Inspection {
    if inspector.begin(isText: isText) { unsafe bytes.withUnsafeBytes { unsafe inspector.consume($0) } }
    return inspector.end(bytes: UInt64(bytes.count), now: now)
  }
}
