import COpenSSL
import Glibc

/// Owner of one X509 of OpenSSL, which is immutable and reference counted.
final class Certificate: Sendable {
  private let bits: UInt
  var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: bits) }
  init(adopting pointer: OpaquePointer) { bits = UInt(bitPattern: pointer) }
  deinit { unsafe X509_free(pointer) }
}

/// Owner of one EVP_PKEY of OpenSSL, which is immutable and reference counted.
final class PrivateKey: Sendable {
  private let bits: UInt
  var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: bits) }
  init(adopting pointer: OpaquePointer) { bits = UInt(bitPattern: pointer) }
  deinit { unsafe EVP_PKEY_free(pointer) }
}

extension Certificate {
  /// Nil where they are no times.
  var dates: CertificateDates? {
    guard let begin = unsafe Self.seconds(X509_get0_notBefore(pointer)), let end = unsafe Self.seconds(X509_get0_notAfter(pointer)) else {
      return nil
    }
    return CertificateDates(begin: begin, end: end)
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
    var broken = unsafe tm()
    guard unsafe ASN1_TIME_to_tm(time, &broken) == 1 else { return nil }
    return unsafe Int64(timegm(&broken))
  }

  /// The subject in the form of RFC 4514, such as `CN=alice,O=Example`.
  var subject: String? {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { return nil }
    defer { unsafe BIO_free_all(bio) }
    // UTF-8 stays readable instead of becoming hexadecimal escapes.
    let flags = COpenSSL_XN_FLAG_RFC2253 & ~UInt(ASN1_STRFLGS_ESC_MSB)
    guard unsafe X509_NAME_print_ex(bio, X509_get_subject_name(pointer), 0, flags) >= 0 else { return nil }
    return unsafe String(decoding: pendingBytes(of: bio), as: UTF8.self)
  }

  /// The subject alternative names as `DNS:`, `EMAIL:`, `URI:` and `IP:` texts, in the certificate's order.
  var alternativeNames: [String] {
    guard let names = unsafe COpenSSL_X509_alternative_names(pointer) else { return [] }
    defer { unsafe GENERAL_NAMES_free(names) }
    var texts: [String] = []
    let count = unsafe COpenSSL_GENERAL_NAMES_count(names)
    for index in 0..<count {
      var start: UnsafePointer<UInt8>?
      var length: Int32 = 0
      let kind = unsafe COpenSSL_GENERAL_NAMES_get(names, index, &start, &length)
      let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: Int(length)))
      // An embedded NUL is the classic way to make a name look like another one.
      if kind != GEN_IPADD && bytes.contains(0) { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      switch kind {
      case GEN_DNS: texts.append("DNS:\(text)")
      case GEN_EMAIL: texts.append("EMAIL:\(text)")
      case GEN_URI: texts.append("URI:\(text)")
      case GEN_IPADD: if let address = IPAddress(bytes: bytes) { texts.append("IP:\(address.text)") }
      default: break
      }
    }
    return texts
  }
}

/// Everything a memory BIO holds, without taking it out.
func pendingBytes(of bio: OpaquePointer?) -> UnsafeRawBufferPointer {
  var start: UnsafeMutablePointer<CChar>?
  let count = unsafe COpenSSL_BIO_get_mem_data(bio, &start)
  guard let start = unsafe start, count > 0 else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
  return unsafe UnsafeRawBufferPointer(start: start, count: count)
}
