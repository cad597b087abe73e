import YAML

/// One credential of several.
public struct PooledCredential: Section, Equatable {
  public var secret = SecretReference.environment("")
  public var weight = 1
  public var concurrent: Int?

  public init() {}

  public init(_ secret: SecretReference) {
    self.secret = secret
  }

  public static let section = SectionDescription<PooledCredential>(
    "PooledCredential", "One credential of a pool.",
    fields: [
      Field("secret", \.secret, .secret, required: true, "Where the key is."),
      Field("weight", \.weight, .integer(1...1_000), "Share of the sessions, against the others' weights."),
      Field("concurrent", \.concurrent, .integer(1...1_000_000), "Most sessions at the same time with this key; no limit unless given."),
    ])
}

extension ValueType where Value == PooledCredential {
  /// `{env: NAME}`, or a mapping with `secret`.
  static var pooledCredential: ValueType {
    ValueType<SecretReference>.secret.map({ PooledCredential($0) }, back: { $0.secret }).or(.section) { $0["secret"] != nil }
  }
}
