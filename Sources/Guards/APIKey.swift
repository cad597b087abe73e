import Configuration
import Tokens
import YAML

/// One key that the operator handed out, known by its hash.
public struct APIKey: Section, Equatable {
  /// SHA-256 of the key.
  public var fingerprint = Fingerprint(of: "")
  public var subject = ""
  public var tier: String?
  public var routes: [String]?
  /// Unix seconds from which on it is no good any more.
  public var expiresAt: Int64?

  public init() {}

  public static let section = SectionDescription<APIKey>(
    "APIKey", "One key.",
    fields: [
      Field(
        "sha256", \.fingerprint, .fingerprint, required: true,
        """
        SHA-256 of the key in 64 hexadecimal digits. The key itself stands nowhere; it needs at least 128 random bits, or it can be \
        guessed.
        """),
      Field("subject", \.subject, .text, required: true, "Who it was given to: what limits and records name."),
      Field("tier", \.tier, .text, "Name under `tiers` of the route table."),
      Field("routes", \.routes, .list(of: .text, atLeast: 1), "Routes that it opens; all unless given."),
      Field(
        "expires", \.expiresAt, .date,
        "From then on it is refused: `2026-12-31`, which begins at midnight UTC, or `2026-12-31T18:00:00Z`."),
    ])
}

extension ValueType where Value == Fingerprint {
  /// 64 hexadecimal digits. Anything else may be the key itself, so no message quotes it.
  static var fingerprint: ValueType {
    ValueType("SHA-256", shape: .text(pattern: "^[0-9A-Fa-f]{64}$")) { node, place, _, reader in
      if let fingerprint = node.text.flatMap({ Fingerprint(hex: $0) }) { return fingerprint }
      reader.conceal(node)
      reader.error("\(place.phrase) must be the sha-256 of the key in 64 hexadecimal digits", at: node.start)
      return nil
    }
  }
}

extension ValueType where Value == Int64 {
  /// A date, or a date and time, of RFC 3339.
  static var date: ValueType {
    scalar("date", expected: "a date such as 2026-12-31 or 2026-12-31T18:00:00Z", shape: .text(pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}")) {
      DateText.seconds($0.text)
    }
  }
}
