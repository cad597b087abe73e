import WebSocket

/// What a session with a lobby has beside its legs: the client's messages on their way in, and what is known of the upstreams so far.
///
/// The client's messages are assembled as long as the session lasts, since any of them may be meant for the gateway. What the upstream
/// sends goes through the ordinary passages.
final class LobbyDesk {
  let lobby: any Lobby
  let ask: @Sendable (LobbyQuestion) -> Void
  /// What was agreed with the client.
  let compression: LegTransport.Compression?
  var assembler: MessageAssembler
  /// Bytes that the client may still send as a stranger; nil once it is known.
  private var strangerBytes: Int?
  /// The same of what its messages are, which may travel small.
  private var strangerPayload = 0
  /// Whole data messages of the client.
  var messages: UInt64 = 0

  /// The lobby wants no more of the session.
  var isLeaving = false
  /// Messages of the client pass by it.
  private(set) var hasLeft = false

  /// An upstream is there, and its closing handshake has not begun.
  var isOpen = false
  /// When the upstream goes at the latest, where leave was taken of it.
  var relief: Int64?
  /// Looks at what goes to the upstream.
  var inspector: (any Inspector)?
  /// Of what goes to the upstream.
  var deflater: Deflater?
  /// When the first upstream came.
  var firstAttached: Int64?
  /// The client's audio, by the inspectors of earlier upstreams.
  private var audio: Int64?
  /// What came from earlier upstreams.
  private var past = SessionOutcome.Traffic()

  init(_ plan: LobbyPlan, _ compression: LegTransport.Compression?, terms: RelayTerms) {
    lobby = plan.make()
    ask = plan.ask
    self.compression = compression
    let strangerBytes = lobby.isStranger ? plan.strangerBytes : nil
    self.strangerBytes = strangerBytes
    strangerPayload = strangerBytes ?? 0
    let (maximum, inflation) = Self.limits(terms, strangerBytes)
    assembler = MessageAssembler(
      receiver: .server, maximumMessage: maximum,
      inflater: compression.map { $0.parameters.inflater(for: .server, limits: inflation) })
  }

  private static func limits(_ terms: RelayTerms, _ strangerBytes: Int?) -> (UInt64, DeflateLimits) {
    guard let strangerBytes else { return (terms.maximumMessage, terms.inflation) }
    let most = max(1, min(UInt64(strangerBytes), terms.maximumMessage == 0 ? .max : terms.maximumMessage))
    return (most, DeflateLimits(maximumMessage: Int(clamping: most), maximumRatio: terms.inflation.maximumRatio))
  }

  /// The client may send what the terms allow as soon as it is known.
  func recognise(under terms: RelayTerms) {
    guard strangerBytes != nil, !lobby.isStranger else { return }
    strangerBytes = nil
    assembler.allow(maximumMessage: terms.maximumMessage, inflation: terms.inflation)
  }

  /// Counts what a stranger sends; false once it was too much.
  func receive(_ count: Int) -> Bool {
    guard let left = strangerBytes else { return true }
    strangerBytes = left - min(left, count)
    return left >= count
  }

  /// Counts what a stranger's messages are; false once it was too much.
  func receive(inflated count: Int) -> Bool {
    guard strangerBytes != nil else { return true }
    strangerPayload -= count
    return strangerPayload >= 0
  }

  func attach(_ transport: borrowing LegTransport, inspector: (any Inspector)?, now: Int64) {
    isOpen = true
    self.inspector = inspector
    deflater = transport.compression.map { $0.parameters.deflater(for: .client, settings: $0.settings) }
    firstAttached = firstAttached ?? now
  }

  /// Lets the client's messages pass by, if nothing of them is half here and none has to be compressed anew.
  ///
  /// - Returns: whether it is so from now on.
  func leave() -> Bool {
    guard isLeaving, isOpen, !hasLeft, compression == nil, deflater == nil, assembler.isAtBoundary else { return false }
    hasLeft = true
    return true
  }

  func detach(_ upstream: Leg) {
    past = total(upstream)
    isOpen = false
    relief = nil
    audio = downstreamAudio
    inspector = nil
    deflater = nil
  }

  // MARK: For the record

  func total(_ upstream: Leg) -> SessionOutcome.Traffic {
    guard isOpen else { return past }
    let more = upstream.traffic
    return SessionOutcome.Traffic(
      messages: past.messages + more.messages, bytes: past.bytes + more.bytes, audio: Self.sum(past.audio, more.audio))
  }

  func traffic(of client: Leg) -> SessionOutcome.Traffic {
    SessionOutcome.Traffic(messages: messages &+ client.messages, bytes: client.bytesReceived, audio: downstreamAudio)
  }

  private var downstreamAudio: Int64? { Self.sum(audio, inspector?.audio) }

  private static func sum(_ one: Int64?, _ other: Int64?) -> Int64? {
    one == nil && other == nil ? nil : (one ?? 0) + (other ?? 0)
  }
}
