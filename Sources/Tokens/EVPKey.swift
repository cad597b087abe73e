import COpenSSL

/// Owner of one EVP_PKEY of OpenSSL, which is immutable and reference counted.
final class EVPKey: Sendable {
  private let bits: UInt
  var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: bits) }
  init(adopting pointer: OpaquePointer) { bits = UInt(bitPattern: pointer) }
  deinit { unsafe EVP_PKEY_free(pointer) }

  /// From a SubjectPublicKeyInfo (RFC 5280 section 4.1) and nothing after it; nil when it is none, or its point is not of its curve.
  static func decode(_ information: [UInt8]) -> EVPKey? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return unsafe information.withUnsafeBufferPointer { buffer -> EVPKey? in
      var position = buffer.baseAddress
      guard let key = unsafe d2i_PUBKEY(nil, &position, buffer.count) else { return nil }
      let owner = unsafe EVPKey(adopting: key)
      return unsafe position == buffer.baseAddress?.advanced(by: buffer.count) ? owner : nil
    }
  }
}
