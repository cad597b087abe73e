import TLS

/// One connection on its way from the control path to a reactor.
public struct LegTransport: ~Copyable, Sendable {
  let descriptor: Descriptor
  var tls: TLSSession?
  let received: [UInt8]
  let owed: [UInt8]

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

/// A session whose two ends are open: everything a reactor needs to relay it.
public struct RelayParcel: ~Copyable, Sendable {
  let id: UInt64
  var downstream: LegTransport
  var upstream: LegTransport
  let terms: RelayTerms
  let onEnd: @Sendable (SessionOutcome) -> Void

  /// - Parameters:
  ///   - id: unique in this process.
  ///   - onEnd: called exactly once, on the reactor's thread (or the poster's, if that has ended), so it must only pass the outcome on.
  public init(
    id: UInt64, downstream: consuming LegTransport, upstream: consuming LegTransport, terms: RelayTerms,
    onEnd: @escaping @Sendable (SessionOutcome) -> Void
  ) {
    self.id = id
    self.downstream = downstream
    self.upstream = upstream
    self.terms = terms
    self.onEnd = onEnd
  }

  /// There is no reactor to relay it any more.
  consuming func refuse() {
    var outcome = SessionOutcome(id: id)
    outcome.cause = "lost"
    onEnd(outcome)
  }
}
