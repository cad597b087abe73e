import COpenSSL

/// Mask keys that nobody can predict (RFC 6455 sections 5.3 and 10.3), drawn many at a time because each draw has a fixed cost.
///
/// Belongs to one thread or one connection. Not copyable: two copies would hand out the same keys.
public struct MaskKeys: ~Copyable, Sendable {
  /// Replaces every key of the array with a random one.
  public typealias Generator = @Sendable (inout [UInt32]) -> Void

  /// Keys per draw: 256 bytes.
  static let batch = 64

  private let generator: Generator
  private var keys: [UInt32] = []

  /// Keys from OpenSSL's generator.
  public init() {
    self.init(generator: { Self.draw(into: &$0) })
  }

  /// Keys from another source, for tests.
  public init(generator: @escaping Generator) {
    self.generator = generator
  }

  /// The next key.
  public mutating func next() -> UInt32 {
    if keys.isEmpty {
      keys = [UInt32](repeating: 0, count: Self.batch)
      generator(&keys)
    }
    return keys.removeLast()
  }

  /// Fills the array from RAND_bytes. Should that ever fail (it cannot reach its seed), the kernel is asked directly.
  static func draw(into keys: inout [UInt32]) {
    let size = Int32(keys.count * MemoryLayout<UInt32>.size)
    let result = unsafe keys.withUnsafeMutableBytes { unsafe RAND_bytes($0.baseAddress?.assumingMemoryBound(to: UInt8.self), size) }
    guard result != 1 else { return }
    var system = SystemRandomNumberGenerator()
    for index in keys.indices { keys[index] = system.next() }
  }
}
