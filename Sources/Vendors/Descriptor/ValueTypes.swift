import Configuration
import YAML

/// Types of values that only descriptors have.
enum ValueTypes {
  static let template = ValueType<String>.text.map(named: "template", { TextTemplate($0) }, back: { $0.source })

  static let url = template.checked { template in
    // Where the scheme itself is a place, it stands first.
    let scheme = template.source.hasPrefix("{") ? template.variables.first : nil
    let text = template.expanded { $0 == scheme ? "wss" : "x" }
    do throws(EndpointError) {
      _ = try UpstreamURL(text)
      return nil
    } catch {
      return "must be a ws or wss url; found '\(template.source)'"
    }
  }

  /// Name -> value in the order of the file; a list of values repeats the name.
  static let pairs = ValueType<[QueryRules.Pair]>(
    "mapping of name to text or list of text",
    shape: .map(.any([.text(pattern: nil), .list(.text(pattern: nil), atLeast: 0)]), keyPattern: nil)
  ) { node, place, _, reader in
    guard let entries = node.mapping else {
      reader.mismatch(node, at: place, expected: "a mapping of parameter names to values")
      return nil
    }
    return entries.flatMap { entry -> [QueryRules.Pair] in
      if SecretName.isLikely(entry.name) {
        reader.conceal(entry.value)
        reader.error("\(place.field(entry.name).phrase) must not be given here; use 'credential.placement'", at: entry.value.start)
      }
      return (entry.value.sequence ?? [entry.value]).compactMap { node in
        ValueType<String>.anyText.read(node, place.field(entry.name), nil, &reader).map { QueryRules.Pair(entry.name, $0) }
      }
    }
  }

  /// Header -> template, in the order of the file. A literal where a credential belongs is refused and not shown.
  static let headers = ValueType<[CredentialPlacement.NamedTemplate]>(
    templates.name, shape: templates.shape
  ) { node, place, current, reader in
    for entry in node.mapping ?? [] {
      guard let text = entry.value.text, TextTemplate(text).variables.isEmpty,
        SecretName.isLikely(entry.name) || SecretName.isLikelyValue(text)
      else { continue }
      reader.conceal(entry.value)
      let phrase = place.field(entry.name).phrase
      reader.error("\(phrase) must not hold a literal secret; use '{secret}', or 'credential.placement'", at: entry.value.start)
    }
    return templates.read(node, place, current, &reader)
  }

  static let templates = ValueType<[CredentialPlacement.NamedTemplate]>(
    "mapping of header to template", shape: .map(.text(pattern: nil), keyPattern: nil)
  ) { node, place, _, reader in
    guard let entries = node.mapping else {
      reader.mismatch(node, at: place, expected: "a mapping of header names to values")
      return nil
    }
    return entries.compactMap { entry in
      guard HeaderName.isToken(entry.name) else {
        reader.error("'\(Quote.plain(entry.name))' in \(place.owner) is not a header name", at: entry.key.start)
        return nil
      }
      guard let value = ValueType<String>.anyText.read(entry.value, place.field(entry.name), nil, &reader) else { return nil }
      return CredentialPlacement.NamedTemplate(name: entry.name, template: value)
    }
  }

  static let closeCode = ValueType<Int>.integer(1000...4999)
}
