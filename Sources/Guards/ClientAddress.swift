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
  /// client's own version of the others on, so if they disagree none is believed and the client is the peer.
  ///
  /// - Parameters:
  ///   - peer: the other end of the socket, or what a PROXY header says it is; loopback for a Unix socket.
  ///   - trusted: networks of proxies; headers from any other peer are ignored.
  ///   - headers: the field values as they came, lines in order.
  public init(peer: IPAddress, trusted: [IPPrefix], headers: ForwardingHeaders) {
    self.init(Self.resolve(peer: peer, trusted: trusted, headers: headers))
  }

  /// The key that limits count it under.
  public var key: AddressKey { AddressKey(address) }

  /// How logs may show it.
  public func logged(masked: Bool) -> String { masked ? address.masked : address.description }

  private static func resolve(peer: IPAddress, trusted: [IPPrefix], headers: ForwardingHeaders) -> IPAddress {
    func isTrusted(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }
    guard !headers.isEmpty, isTrusted(peer) else { return peer }

    var results: [IPAddress] = []
    var chain: [IPAddress] = []
    for hops in [headers.forwardedHops, headers.forwardedForHops] where !hops.isEmpty {
      // Malformed, unknown or obfuscated: whoever is beyond, the last trusted hop is where it came in.
      var last = peer
      for hop in hops.reversed() {
        guard let address = hop else { break }
        last = address
        chain.append(address)
        if !isTrusted(address) { break }
      }
      results.append(last)
    }
    guard let first = results.first else {
      // Exactly one X-Real-IP: two lines would be a guess which of them the proxy wrote.
      guard headers.realIP.count == 1, let address = ForwardingHeaders.address(headers.realIP[0][...]) else { return peer }
      return address
    }
    guard results.allSatisfy({ $0 == first }) else { return peer }
    // nginx's X-Real-IP is its own peer, so it is one of the hops walked; if it is none of them, the other headers were the client's.
    for line in headers.realIP {
      guard let real = ForwardingHeaders.address(line[...]) else { return peer }
      if real != peer && !chain.contains(real) { return peer }
    }
    return first
  }
}
