import TLS
import WebSocket

/// One connection on its way from the control path to a reactor.
public struct LegTransport: ~Copyable, Sendable {
  let descriptor: Descriptor
  var tls: TLSSession?
  let received: [UInt8]
  let owed: [UInt8]
  /// What was agreed for permessage-deflate on this connection; nil where nothing was.
  public var compression: Compression?

  /// One connection's permessage-deflate (RFC 7692).
  public struct Compression: Sendable, Equatable {
    public var parameters: DeflateParameters
    /// How the gateway compresses what it sends.
    public var settings: DeflateSettings

    public init(_ parameters: DeflateParameters, _ settings: DeflateSettings) {
      self.parameters = parameters
      self.settings = settings
    }
  }

  /// - Parameters:
  ///   - tls: the session whose handshake is done, still on its memory BIOs, which must be empty.
  ///   - received: application bytes that the control path has already read and not used.
  ///   - owed: application bytes that this peer still has to get first, such as the 101.
  public init(descriptor: consuming Descriptor, tls: consuming TLSSession?, received: [UInt8], owed: [UInt8] = []) {
    self.descriptor = descriptor
    self.tls = tls
    self.received = received
    self.owed = owed
  }
}

/// A session whose client's connection is open, and usually its upstream's: everything a reactor needs to relay it.
public struct RelayParcel: ~Copyable, Sendable {
  let id: UInt64
  var downstream: LegTransport
  /// Nil where the client has the lobby's word first.
  var upstream: LegTransport?
  let lobby: LobbyPlan?
  let terms: SharedTerms
  private(set) var makeInspectors: (@Sendable () -> Inspectors)?
  let onEnd: @Sendable (SessionOutcome) -> Void

  /// - Parameters:
  ///   - id: unique in this process.
  ///   - makeInspectors: called once, on the reactor's thread, which alone uses what it makes.
  ///   - onEnd: called exactly once, on the reactor's thread (or the poster's, if that has ended), so it must only pass the outcome on.
  public init(
    id: UInt64, downstream: consuming LegTransport, upstream: consuming LegTransport, terms: SharedTerms,
    makeInspectors: (@Sendable () -> Inspectors)? = nil, onEnd: @escaping @Sendable (SessionOutcome) -> Void
  ) {
    self.id = id
    self.downstream = downstream
    self.upstream = consume upstream
    lobby = nil
    self.terms = terms
    self.makeInspectors = makeInspectors
    self.onEnd = onEnd
  }

  /// A session with a lobby. Its upstream is there before anything of the client is heard, or comes with an ``UpstreamParcel``.
  ///
  /// - Parameters:
  ///   - id: unique in this process.
  ///   - upstream: nil where the client has the lobby's word first.
  ///   - terms: until there is an upstream, which brings its own.
  ///   - onEnd: as for the other kind.
  public init(
    id: UInt64, downstream: consuming LegTransport, upstream: consuming LegTransport? = nil, lobby: LobbyPlan, terms: SharedTerms,
    makeInspectors: (@Sendable () -> Inspectors)? = nil, onEnd: @escaping @Sendable (SessionOutcome) -> Void
  ) {
    self.id = id
    self.downstream = downstream
    self.upstream = upstream
    self.lobby = lobby
    self.terms = terms
    self.makeInspectors = makeInspectors
    self.onEnd = onEnd
  }

  /// The upstream with which a session with a lobby begins.
  mutating func takeFirstUpstream() -> UpstreamParcel? {
    guard lobby != nil, let transport = upstream.take() else { return nil }
    return UpstreamParcel(session: id, transport: transport, terms: terms, makeInspectors: makeInspectors.take())
  }

  /// There is no reactor to relay it any more.
  consuming func refuse() {
    var outcome = SessionOutcome(id: id)
    outcome.cause = "lost"
    onEnd(outcome)
  }
}

/// An upstream for a session that is open already.
public struct UpstreamParcel: ~Copyable, Sendable {
  let session: UInt64
  var transport: LegTransport
  let terms: SharedTerms
  let makeInspectors: (@Sendable () -> Inspectors)?

  /// - Parameters:
  ///   - session: its id; where that is gone, or going, the connection is closed.
  ///   - terms: what holds from now on.
  ///   - makeInspectors: called at most once, on the reactor's thread.
  public init(
    session: UInt64, transport: consuming LegTransport, terms: SharedTerms, makeInspectors: (@Sendable () -> Inspectors)? = nil
  ) {
    self.session = session
    self.transport = transport
    self.terms = terms
    self.makeInspectors = makeInspectors
  }
}
