import JSON

/// A random token that the gateway gives out: 32 bytes, in base64url 43 characters. The text is for the client and kept nowhere; its
/// fingerprint is what the gateway knows it by.
public struct SessionToken: Sendable {
  static let byteCount = 32
  /// Characters of the text.
  public static let length = 43

  /// What the client is given.
  public let text: String
  public let fingerprint: Fingerprint

  /// A fresh one.
  public init() { self.init(bytes: SecureRandom.bytes(Self.byteCount)) }

  init(bytes: [UInt8]) {
    text = Base64URL.encode(bytes)
    fingerprint = Fingerprint(of: text)
  }

  /// The fingerprint of what a client presents; nil for what is no such token, in its one spelling.
  public static func fingerprint(of text: String) -> Fingerprint? {
    guard text.utf8.count == length, Base64URL.decode(text)?.count == byteCount else { return nil }
    return Fingerprint(of: text)
  }
}

extension SessionToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "session token \(fingerprint)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
