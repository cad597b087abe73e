import YAML

/// Where windows, quotas and tokens are kept.
public enum StoreSettings: Hashable, Sendable, CustomStringConvertible {
  /// In this process: every instance counts for itself.
  case memory
  /// A Redis or Valkey server.
  case redis(url: String)

  public var description: String {
    switch self {
    case .memory: "memory"
    case .redis(let url): url
    }
  }

  /// What happens to a session when the store does not answer.
  public enum Failure: String, CaseIterable, Sendable { case allow, deny, local }
}

extension ValueType where Value == StoreSettings {
  static var store: ValueType {
    ValueType(
      "`memory` or Redis URL", shape: .any([.choice(["memory"]), .text(pattern: "^rediss?://[^@]+$")]), write: { $0.description }
    ) { node, place, _, reader in
      let text = node.text ?? ""
      if text == "memory" { return .memory }
      guard text.hasPrefix("redis://") || text.hasPrefix("rediss://") else {
        reader.mismatch(node, at: place, expected: "memory or a URL such as redis://127.0.0.1:6379/0")
        return nil
      }
      guard !text.contains("@") else {
        reader.conceal(node)
        reader.error("\(place.phrase) must not hold a user name or password; use 'store_password'", at: node.start)
        return nil
      }
      reader.warning("a Redis store is not yet in effect: every instance counts for itself", at: node.start)
      return .redis(url: text)
    }
  }
}
