import COpenSSL

/// Comparison of secrets whose duration tells nothing about where they differ.
public enum ConstantTime {
  /// Whether both are the same bytes. The time depends on the lengths only.
  public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe CRYPTO_memcmp(a, b, a.count) == 0
  }

  public static func equal(_ a: String, _ b: String) -> Bool { equal(Array(a.utf8), Array(b.utf8)) }
}
