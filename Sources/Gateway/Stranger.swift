import Configuration
import Guards
import NIOCore

/// An accepted connection whose client is not known yet: where it comes from, its place among the handshakes and what it has sent. Bound to
/// its event loop.
final class Stranger {
  /// The other end of the socket, or what a PROXY header says it is.
  private(set) var peer: IPAddress
  /// Nil where nobody is counted, and once the client is known.
  private var lease: HandshakeLease?
  /// What the lease is counted under; nil while that is a proxy's secret.
  private var counted: ClientAddress?
  let reception: Reception?

  /// - Parameter reception: nil where nobody is counted.
  /// - Throws: when strangers have all they may have.
  init(_ peer: IPAddress, _ reception: Reception?) throws(Refusal) {
    self.peer = peer
    self.reception = reception
    guard let reception else { return }
    counted = reception.isTrusted(peer) ? nil : ClientAddress(peer)
    lease = try reception.begin(counted)
  }

  /// Counts what it sends.
  ///
  /// - Returns: false when that is more than a stranger may send.
  func receive(_ count: Int) -> Bool { lease?.receive(count) ?? true }

  /// Takes what a PROXY header says.
  ///
  /// - Returns: false when that address has all the handshakes it may have.
  func announce(_ header: ProxyHeader) -> Bool {
    guard let source = header.source else { return true }
    peer = source
    do throws(Refusal) {
      try locate(ClientAddress(source))
      return true
    } catch {
      reception?.reject(.handshakeLimit)
      return false
    }
  }

  /// Counts it under the client that the request comes from.
  func locate(by head: RequestHead) throws(Refusal) {
    guard let reception, lease != nil else { return }
    try locate(reception.client(of: head, peer: peer))
  }

  /// A proxy itself is not counted: many stand behind it.
  private func locate(_ client: ClientAddress) throws(Refusal) {
    guard let reception, client != counted, !reception.isTrusted(client.address), var lease = lease.take() else { return }
    do throws(Refusal) {
      try reception.locate(&lease, at: client)
      counted = client
      self.lease = consume lease
    } catch {
      self.lease = consume lease
      throw error
    }
  }

  /// The client is known: it is no stranger any more.
  func admit() { lease.take()?.end() }

  /// The client is to be known later, by what it says inside its socket: gives its place away, to be kept until then.
  func keep() -> HandshakeLease? { lease.take() }

  /// The connection is gone from the control path: closed, or a session's.
  func leave() {
    admit()
    reception?.end()
  }
}
