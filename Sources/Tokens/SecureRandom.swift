import COpenSSL

/// Unpredictable bytes from OpenSSL's generator, which the kernel seeds; also a `RandomNumberGenerator`.
public struct SecureRandom: RandomNumberGenerator, Sendable {
  public init() {}

  /// Traps when the generator fails: a token made of predictable bytes is worse than no service.
  public static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let made = unsafe RAND_bytes(&bytes, Int32(count)) == 1
    precondition(made, "openssl has no randomness")
    return bytes
  }

  public mutating func next() -> UInt64 { SecureRandom.bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
