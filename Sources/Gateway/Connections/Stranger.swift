import Configuration
import Guards
import NIOCore

/// An accepted connection whose client is not known yet: where it comes from, its place among the handshakes and what it has sent. Bound to
/// its event loop.
final class Stranger {
  /// The other end of the socket, or what a PROXY header says it is.
  private(set) var peer: IPAddress
  /// Who its request comes from, by what trusted proxies say; before there is one, the peer.
  private(set) var client: ClientAddress
  /// Nil where nobody is counted, and once the client is known.
  private var lease: HandshakeLease?
  /// What the lease is counted under; nil while that is a proxy's secret.
  private var counted: ClientAddress?
  let reception: Reception?

  /// - Parameter reception: nil where nobody is counted.
  /// - Throws: when strangers have all they may have.
  init(_ peer: IPAddress, _ reception: Reception?) throws(Refusal) {
    self.peer = peer
    client = ClientAddress(peer)
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
    (peer, client) = (source, ClientAddress(source))
    do throws(Refusal) {
      // Another proxy: its request is to say who stands behind it.
      if reception?.isTrusted(source) != true { try count() }
      return true
    } catch {
      reception?.reject(.handshakeLimit)
      return false
    }
  }

  /// Counts it under the client that the request comes from: the peer itself, a proxy too, where nothing says another.
  ///
  /// - Throws: when that has all the handshakes it may have, or it is not to be told which it is.
  func locate(by head: RequestHead) throws(Refusal) {
    guard let reception else { return }
    client = try reception.client(of: head, peer: peer)
    try count()
  }

  private func count() throws(Refusal) {
    guard let reception, client != counted, var lease = lease.take() else { return }
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
