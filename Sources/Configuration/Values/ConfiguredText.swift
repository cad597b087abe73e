import YAML

/// A text of the file, or a secret that stands elsewhere: values of headers and URL variables.
public enum ConfiguredText: Hashable, Sendable, CustomStringConvertible {
  case text(String)
  case secret(SecretReference)

  public var description: String {
    switch self {
    case .text(let text): YAMLText.flow(text)
    case .secret(let reference): reference.description
    }
  }
}

extension ValueType where Value == ConfiguredText {
  static var configuredText: ValueType {
    ValueType(
      "text or secret reference", shape: .any([.text(pattern: nil), ValueType<SecretReference>.secret.shape]), write: { $0.description }
    ) {
      node, place, _, reader in
      if node.mapping != nil {
        return ValueType<SecretReference>.secret.read(node, place, nil, &reader).map { .secret($0) }
      }
      return ValueType<String>.anyText.read(node, place, nil, &reader).map { .text($0) }
    }
  }
}

extension ValueType where Value == [String: ConfiguredText] {
  /// Names to texts or secret references. A literal under a name that usually carries a credential is refused and not shown.
  static func configuredTexts(noun: String) -> ValueType {
    let map = ValueType.map(of: .configuredText, noun: noun)
    return ValueType("mapping of name to text or secret reference", shape: map.shape, write: map.write) { node, place, current, reader in
      for entry in node.mapping ?? [] where SecretName.isLikely(entry.name) && entry.value.mapping == nil {
        _ = ValueType<SecretReference>.secret.read(entry.value, place.entry(entry.name, noun: noun), nil, &reader)
      }
      return map.read(node, place, current, &reader)
    }
  }
}
