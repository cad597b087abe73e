import COpenSSL
import Synchronization

/// Client sessions that can shorten a later handshake, per peer. It lives inside one client context, so a session is only ever offered to a
/// peer that was verified under the same name, trust and identity. Bounded both ways; the peer stored longest ago goes first.
public final class ResumptionCache: Sendable {
  struct Peer: Hashable, Sendable {
    let name: String
    let port: Int
  }

  private struct Shelf {
    var sessions: [ResumableSession] = []
    var storedAt: UInt64 = 0
  }

  private struct State {
    var shelves: [Peer: Shelf] = [:]
    /// Counts stores; stands in for a clock.
    var stores: UInt64 = 0
  }

  /// Enough for a burst of dials to one vendor, since a TLS 1.3 ticket serves once.
  static let sessionsPerPeer = 8

  private let peers: Int
  private let state = Mutex(State())

  init(peers: Int) { self.peers = peers }

  /// Number of sessions held.
  public var count: Int { state.withLock { $0.shelves.values.reduce(0) { $0 + $1.sessions.count } } }

  /// Forgets everything; the next connections make full handshakes.
  public func removeAll() { state.withLock { $0.shelves = [:] } }

  func store(_ session: ResumableSession, for peer: Peer) {
    state.withLock { state in
      if state.shelves[peer] == nil, state.shelves.count >= peers {
        let oldest = state.shelves.min { $0.value.storedAt < $1.value.storedAt }
        if let oldest { state.shelves[oldest.key] = nil }
      }
      state.stores += 1
      var shelf = state.shelves[peer] ?? Shelf()
      if shelf.sessions.count >= ResumptionCache.sessionsPerPeer { shelf.sessions.removeFirst() }
      shelf.sessions.append(session)
      shelf.storedAt = state.stores
      state.shelves[peer] = shelf
    }
  }

  /// The newest session of this peer. One of TLS 1.3 is taken out: offering a ticket twice lets an observer link the connections
  /// (RFC 8446 appendix C.4). One of TLS 1.2 stays.
  func take(for peer: Peer) -> ResumableSession? {
    state.withLock { state in
      guard let newest = state.shelves[peer]?.sessions.last else { return nil }
      if newest.isSingleUse || !newest.isResumable {
        state.shelves[peer]?.sessions.removeLast()
        if state.shelves[peer]?.sessions.isEmpty == true { state.shelves[peer] = nil }
      }
      return newest.isResumable ? newest : nil
    }
  }

  /// OpenSSL's callback for a session that has become resumable: in TLS 1.3 whenever a ticket arrives, so also on the relay's threads.
  static let keepSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { ssl, session in
    guard let session = unsafe session, let raw = unsafe SSL_get_ex_data(ssl, 0) else { return 0 }
    let target = unsafe Unmanaged<ResumptionTarget>.fromOpaque(raw).takeUnretainedValue()
    target.cache.store(unsafe ResumableSession(adopting: session), for: target.peer)
    return 1  // the reference is ours now
  }
}

/// Where sessions of one connection go: what OpenSSL's callback finds in the SSL object, held by the `TLSSession`, which outlives that one.
final class ResumptionTarget: Sendable {
  let cache: ResumptionCache
  let peer: ResumptionCache.Peer

  init(cache: ResumptionCache, peer: ResumptionCache.Peer) {
    self.cache = cache
    self.peer = peer
  }
}

/// Owner of one SSL_SESSION of OpenSSL, which is reference counted and not changed once it is handed out.
final class ResumableSession: Sendable {
  private let bits: UInt
  var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: bits) }
  init(adopting pointer: OpaquePointer) { bits = UInt(bitPattern: pointer) }
  deinit { unsafe SSL_SESSION_free(pointer) }

  var isResumable: Bool { unsafe SSL_SESSION_is_resumable(pointer) == 1 }
  var isSingleUse: Bool { unsafe SSL_SESSION_get_protocol_version(pointer) == TLS1_3_VERSION }
}
