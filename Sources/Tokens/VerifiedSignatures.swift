import Synchronization

/// Signatures that one public key has verified before: a client that connects again presents the token that it has, and checking that anew
/// costs the curve's arithmetic each time.
///
/// Only what was good is remembered, so nobody without a signed token can fill it or push others out. It belongs to its key: a key that is
/// withdrawn takes it along. What a token claims, its times first, is checked each time all the same.
final class VerifiedSignatures: Sendable {
  private struct Ring {
    var known: Set<Fingerprint> = []
    /// In the order they came; when it is full the oldest makes room.
    var order: [Fingerprint] = []
    var next = 0
  }

  private let capacity: Int
  private let ring = Mutex(Ring())

  /// - Parameter capacity: most that are remembered, about 100 bytes each.
  init(capacity: Int = 4096) {
    self.capacity = capacity
  }

  func contains(_ signature: Fingerprint) -> Bool { ring.withLock { $0.known.contains(signature) } }

  func insert(_ signature: Fingerprint) {
    ring.withLock { ring in
      guard ring.known.insert(signature).inserted else { return }
      if ring.order.count < capacity { return ring.order.append(signature) }
      ring.known.remove(ring.order[ring.next])
      ring.order[ring.next] = signature
      ring.next = (ring.next + 1) % capacity
    }
  }

  /// What a signature is known by: everything that verifying it depends on beside the key. The length in front tells where it ends and what
  /// was signed begins.
  static func fingerprint(_ signature: [UInt8], of input: [UInt8], _ algorithm: SigningAlgorithm) -> Fingerprint {
    Fingerprint(of: Array("\(algorithm.rawValue) \(signature.count) ".utf8) + signature + input)
  }
}
