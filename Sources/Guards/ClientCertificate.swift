/// The certificate that a client showed, as far as guards look at it: checked by TLS, signed by an authority of the listener's.
public struct ClientCertificate: Sendable, Equatable {
  /// The subject in the form of RFC 4514, such as `CN=alice,O=Example`.
  public let subject: String
  /// `DNS:`, `EMAIL:`, `URI:` and `IP:` texts, in the certificate's order.
  public let alternativeNames: [String]

  public init(subject: String, alternativeNames: [String]) {
    self.subject = subject
    self.alternativeNames = alternativeNames
  }

  /// The only common name of the subject; nil when it has none, several that one could be taken for, or one that is no text.
  public var commonName: String? {
    let names = Self.attributes(of: subject).filter { $0.type == "CN" }.map(\.value)
    return names.count == 1 ? names[0] : nil
  }

  /// The attributes of an RFC 4514 name: `,` and `+` separate them, a backslash escapes one character or introduces two hexadecimal digits.
  private static func attributes(of name: String) -> [(type: String, value: String)] {
    var attributes: [(String, String)] = []
    var type: [UInt8]?
    var text: [UInt8] = []
    // RFC 4514 section 2.4: what has no form as text is written as `#` and its encoding.
    var isEncoding = false
    var bytes = Array(name.utf8)[...]
    func end() {
      if let type, !isEncoding { attributes.append((String(decoding: type, as: UTF8.self), String(decoding: text, as: UTF8.self))) }
    }
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        // Two digits, and not a sign with one: `\+b` is an escaped plus.
        if let code = hexadecimal(bytes.prefix(2)) {
          text.append(code)
          bytes = bytes.dropFirst(2)
        } else if let escaped = bytes.popFirst() {
          text.append(escaped)
        }
      case UInt8(ascii: "=") where type == nil:
        type = text
        text = []
        isEncoding = bytes.first == UInt8(ascii: "#")
      case UInt8(ascii: ","), UInt8(ascii: "+"):
        end()
        type = nil
        text = []
      default: text.append(byte)
      }
    }
    end()
    return attributes
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
    guard digits.count == 2 else { return nil }
    var code: UInt8 = 0
    for digit in digits {
      guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
      code = code << 4 | UInt8(value)
    }
    return code
  }
}
