import Glibc

/// The name a client dialled and verifies: a DNS name in ASCII form, or an IP address. Checked here, because what follows are C strings, in
/// which a NUL would make one name look like another.
struct ServerName: Sendable, Equatable {
  let text: String
  let isAddress: Bool

  /// - Throws: `.setting` for an empty, over-long (RFC 1035: 253 bytes) or non-ASCII name.
  init(_ name: String) throws(TLSError) {
    var bytes = Array(name.utf8)
    if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") { bytes = Array(bytes.dropFirst().dropLast()) }
    if let address = IPAddress(text: String(decoding: bytes, as: UTF8.self)) {
      text = address.text
      isAddress = true
      return
    }
    if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }  // the root's dot is not part of a certificate's names
    let letters = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard letters, !bytes.isEmpty, bytes.count <= 253, bytes.first != UInt8(ascii: ".") else {
      throw .setting(reason: "server name \"\(name)\": expected a DNS name in ASCII form or an IP address")
    }
    text = String(decoding: bytes, as: UTF8.self).lowercased()
    isAddress = false
  }
}

/// An IPv4 or IPv6 address in its canonical text (RFC 5952), by the C library's own reading of it.
struct IPAddress: Equatable {
  let text: String

  init?(text: String) {
    guard !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    if unsafe inet_pton(AF_INET, text, &bytes) == 1 {
      self.init(bytes: Array(bytes[..<4]))
    } else if unsafe inet_pton(AF_INET6, text, &bytes) == 1 {
      self.init(bytes: bytes)
    } else {
      return nil
    }
  }

  /// - Parameter bytes: 4 or 16 bytes in network order.
  init?(bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard unsafe inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
    text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
