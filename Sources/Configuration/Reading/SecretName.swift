/// Guesses from a name or a value that a secret stands there. Used to cover excerpts and to refuse literal secrets, never to let one pass.
public enum SecretName {
  /// Whether a header, query parameter or key of this name usually carries a credential.
  public static func isLikely(_ name: String) -> Bool {
    let folded = name.lowercased().filter { $0 != "_" && $0 != "-" }
    if ["key", "auth", "authorization", "proxyauthorization", "cookie", "sig", "signature", "sign"].contains(folded) { return true }
    return ["apikey", "accesskey", "secret", "token", "password", "passwd", "credential", "googapikey", "subscriptionkey"]
      .contains { folded.hasSuffix($0) } && !folded.hasPrefix("max")
  }

  /// Whether a text looks like a key: one long word of letters and digits mixed.
  public static func isLikelyValue(_ text: String) -> Bool {
    let isWord = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "+")
      }
    }
    return isWord && text.utf8.count >= 20 && text.contains { $0.isNumber } && text.contains { $0.isLetter }
  }
}
