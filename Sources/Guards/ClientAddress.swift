import Configuration

/// The address that a session is counted under: the peer of the socket, or what trusted proxies say of the client behind them.
public struct ClientAddress: Sendable, Hashable {
  public let address: IPAddress

  /// Without proxies: the peer itself.
  public init(_ address: IPAddress) {
    self.address = address
  }

  /// Reads what proxies added, from the near end to the far: each hop is believed only as long as the one that told of it is trusted.
  ///
  /// `Forwarded` (RFC 7239) counts before `X-Forwarded-For`, and that before `X-Real-IP`. A proxy that writes one of them passes the
  /// client's own version of the others on. Which it writes is not known here, so if they disagree, or what ought to be an address is
  /// none, there is no client: to take the proxy for it would let any client have the proxy's address.
  ///
  /// - Parameters:
  ///   - peer: the other end of the socket, or what a PROXY header says it is; loopback for a Unix socket.
  ///   - trusted: networks of proxies; headers from any other peer are ignored.
  ///   - headers: the field values as they came, lines in order.
  public init(peer: IPAddress, trusted: [IPPrefix], headers: ForwardingHeaders) throws(ForwardingError) {
    self.init(try Self.resolve(peer: peer, trusted: trusted, headers: headers))
  }

  /// The key that limits count it under.
  public var key: AddressKey { AddressKey(address) }

  /// How logs may show it.
  public func logged(masked: Bool) -> String { masked ? address.masked : address.description }

  private static func resolve(peer: IPAddress, trusted: [IPPrefix], headers: ForwardingHeaders) throws(ForwardingError) -> IPAddress {
    func isTrusted(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }
    guard !headers.isEmpty, isTrusted(peer) else { return peer }

    var results: [IPAddress] = []
    var chain: [IPAddress] = []
    for hops in [headers.forwardedHops, headers.forwardedForHops] where !hops.isEmpty {
      var last = peer
      for hop in hops.reversed() {
        // Malformed, unknown or obfuscated (RFC 7239 section 6).
        guard let address = hop else { throw .malformed }
        last = address
        chain.append(address)
        if !isTrusted(address) { break }
      }
      results.append(last)
    }
    guard let first = results.first else {
      // Exactly one X-Real-IP: two lines would be a guess which of them the proxy wrote.
      guard headers.realIP.count == 1, let address = ForwardingHeaders.address(headers.realIP[0][...]) else { throw .malformed }
      return address
    }
    guard results.allSatisfy({ $0 == first }) else { throw .disagreement }
    // nginx's X-Real-IP is its own peer, so it is one of the hops walked; if it is none of them, the other headers were the client's.
    for line in headers.realIP {
      guard let real = ForwardingHeaders.address(line[...]) else { throw .malformed }
      if real != peer && !chain.contains(real) { throw .disagreement }
    }
    return first
  }
}

/// Why a request from a trusted proxy has no client. The raw value is what the log says.
public enum ForwardingError: String, Error, Sendable {
  /// Where an address should stand, there is none.
  case malformed
  /// Two headers tell of different clients.
  case disagreement
}
