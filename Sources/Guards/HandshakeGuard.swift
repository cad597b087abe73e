import Synchronization
import Telemetry

/// Bounds what strangers cost: connections that were accepted and whose client is not known yet, from the first byte to the admission or,
/// where clients authenticate inside the socket, to that.
///
/// At most ``Limits/total`` times ``Limits/bytes`` are ever held for strangers, and ``Limits/perAddress`` times that for one of them.
public final class HandshakeGuard: Sendable {
  public struct Limits: Sendable, Equatable {
    /// Handshakes of one client address at once (IPv6: of one /64). Many people may share one.
    public var perAddress = 128
    /// Handshakes of all together.
    public var total = 8_192
    /// Bytes that one of them may send: its head, and what it says before it is known.
    public var bytes = 64 * 1024

    public init() {}
  }

  /// What holds for whoever comes next.
  public var limits: Limits { held.withLock { $0 } }

  private let held: Mutex<Limits>
  private let connections: ConnectionGuard

  public init(_ limits: Limits = Limits()) {
    held = Mutex(limits)
    connections = ConnectionGuard(capacity: max(1, limits.total))
  }

  /// Whoever is in stays, also where that is more than there may be.
  public func limit(to limits: Limits) {
    held.withLock { $0 = limits }
    connections.limit(to: limits.total)
  }

  /// Handshakes in progress.
  public var total: Int { connections.total }

  var keys: Int { connections.keys }

  /// Counts an accepted connection.
  ///
  /// - Parameters:
  ///   - peer: the other end of the socket; nil when that is a trusted proxy, or not to be known before a PROXY header.
  ///   - ip: the form of the address that is allowed in logs.
  public func begin(_ peer: AddressKey?, ip: String) throws(Refusal) -> HandshakeLease {
    do {
      return HandshakeLease(try connections.acquire(peer.map { [claim($0)] } ?? []), bytes: limits.bytes)
    } catch {
      throw refusal(error, ip: ip)
    }
  }

  /// Counts one under the client that a proxy has named. Refused, it stays as it was.
  public func locate(_ handshake: inout HandshakeLease, at client: AddressKey, ip: String) throws(Refusal) {
    do {
      try connections.extend(&handshake.lease, by: [claim(client)], keeping: 0)
    } catch {
      throw refusal(error, ip: ip)
    }
  }

  private func claim(_ address: AddressKey) -> ConnectionGuard.Claim {
    ConnectionGuard.Claim(LimitKey(own: "handshakes", .address(address)), most: limits.perAddress)
  }

  private func refusal(_ full: ConnectionGuard.Full, ip: String) -> Refusal {
    let event = SecurityEvent.blockedHandshakeLimit(ip: ip, currentConnections: full.current, maxAllowed: full.most)
    return full.key == nil ? Refusal(.overCapacity, event: event) : Refusal(.rateLimited, retryAfter: 1, event: event)
  }
}
