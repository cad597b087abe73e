/// A handshake's place, and what it may still send. Dropping it gives the place back.
public struct HandshakeLease: ~Copyable, Sendable {
  var lease: Lease
  /// Bytes that the client may still send before it is known.
  public private(set) var bytes: Int

  init(_ lease: consuming Lease, bytes: Int) {
    self.lease = lease
    self.bytes = bytes
  }

  /// Counts what the client sent.
  ///
  /// - Returns: false once it was too much.
  public mutating func receive(_ count: Int) -> Bool {
    bytes -= min(bytes + 1, max(0, count))
    return bytes >= 0
  }

  /// The client is known, or gone.
  public consuming func end() { lease.release() }
}
