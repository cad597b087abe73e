/// Bytes that wait until the socket takes them.
struct Outbox {
  private var bytes: [UInt8] = []
  private var sent = 0

  var isEmpty: Bool { sent == bytes.count }

  mutating func append(_ more: some Collection<UInt8>) {
    bytes.append(contentsOf: more)
  }

  /// Writes as much as the socket takes; `.moved` once nothing is left.
  mutating func flush(to transport: Transport) -> Transport.Outcome {
    while !isEmpty {
      let outcome = bytes.withUnsafeBytes { transport.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
      guard case .moved(let count) = outcome else { return outcome }
      sent += count
    }
    bytes.removeAll()
    sent = 0
    return .moved(0)
  }
}
