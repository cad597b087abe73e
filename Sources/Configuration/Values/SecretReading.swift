import YAML

extension ValueType where Value == SecretReference {
  /// `{env: NAME}`, `{file: PATH}`, `{command: [...]}`, `{vault: ...}`, `{aws_secret: ...}`, or `{fields: {...}}` of these. Anything else
  /// may be the secret itself, so no message quotes it and no excerpt shows it.
  public static var secret: ValueType {
    ValueType("secret reference", shape: shape, write: { $0.description }) { node, place, _, reader in
      guard let entries = node.mapping else {
        reader.conceal(node)
        let hint = variable(in: node).map { "{env: \($0)}" }
        reader.error("\(place.phrase) must not be written here; give a reference: \(forms)", at: node.start, suggestion: hint)
        return nil
      }
      guard entries.count == 1, let entry = entries.first, let value = parse(entry, place, &reader) else {
        if entries.count != 1 || !sources.contains(entries[0].name) {
          reader.conceal(node)
          let suggestion = entries.count == 1 ? Suggestion.nearest(to: entries[0].name, among: sources) : nil
          reader.error("\(place.phrase) must be one reference: \(forms)", at: node.start, suggestion: suggestion)
        }
        return nil
      }
      return value
    }
  }

  private static var forms: String { "{env: NAME}, {file: PATH} or {command: [...]}" }
  private static var sources: [String] { ["env", "file", "command", "vault", "aws_secret", "fields"] }

  private static func parse(_ entry: Node.Entry, _ place: Place, _ reader: inout Reader) -> SecretReference? {
    let node = entry.value
    switch entry.name {
    case "env":
      if let name = node.text, isVariableName(name) { return .environment(name) }
      reader.conceal(node)
      reader.error("env of \(place.phrase) must be the name of an environment variable", at: node.start)
      return nil
    case "file":
      guard let path = ValueType<String>.path.read(node, place.field("file"), nil, &reader) else { return nil }
      checkMode(of: path, node, &reader)
      return .file(path)
    case "command":
      let words = ValueType<[String]>.list(of: .text, atLeast: 1).read(node, place.field("command"), nil, &reader)
      return words.flatMap { $0.isEmpty ? nil : .command($0) }
    case "vault", "aws_secret":
      guard let text = ValueType<String>.text.read(node, place.field(entry.name), nil, &reader) else { return nil }
      reader.warning("'\(entry.name)' in \(place.owner) is not yet in effect: use env, file or command", at: entry.key.start)
      return entry.name == "vault" ? .vault(text) : .awsSecret(text)
    case "fields": return fields(node, place.field("fields"), &reader)
    default: return nil
    }
  }

  private static func fields(_ node: Node, _ place: Place, _ reader: inout Reader) -> SecretReference? {
    guard let entries = node.mapping, !entries.isEmpty else {
      reader.conceal(node)
      reader.error("\(place.phrase) must be a mapping of field names to references: \(forms)", at: node.start)
      return nil
    }
    var fields: [String: SecretReference] = [:]
    for entry in entries {
      if entry.value.entry("fields") != nil {
        reader.error("\(place.field(entry.name).phrase) must be one reference: \(forms)", at: entry.value.start)
        return nil
      }
      guard let reference = secret.read(entry.value, place.field(entry.name), nil, &reader) else { return nil }
      fields[entry.name] = reference
    }
    return .fields(fields)
  }

  /// Others who can read the file have the secret. Mounted secrets are kept by whoever mounts them.
  private static func checkMode(of path: String, _ node: Node, _ reader: inout Reader) {
    let isMounted = ["/run/secrets/", "/var/run/secrets/", "/run/credentials/"].contains { path.hasPrefix($0) }
    guard !isMounted, let mode = SmallFile.mode(of: path), mode & 0o077 != 0 else { return }
    reader.warning(
      "secret file '\(Quote.plain(path))' can be read by others (mode 0\(String(mode, radix: 8))); make it 0600", at: node.start)
  }

  /// A name, and not a key somebody put where its name belongs.
  private static func isVariableName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first > UInt8(ascii: "9") else { return false }
    let isName = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: byte == UInt8(ascii: "_")
      }
    }
    return isName && (text.uppercased() == text || !SecretName.isLikelyValue(text))
  }

  /// What was meant by `${NAME}`.
  private static func variable(in node: Node) -> String? {
    guard let text = node.text, text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
    let name = String(text.dropFirst(2).dropLast())
    return isVariableName(name) ? name : nil
  }

  private static var shape: Shape {
    .section(name: "Secret") {
      func field(_ key: String, _ type: String, _ shape: Shape, _ availability: Availability, _ text: String) -> SectionShape.Field {
        SectionShape.Field(
          key: key, typeName: type, shape: shape, isRequired: false, defaultText: nil, documentation: text, availability: availability)
      }
      return SectionShape(
        name: "Secret",
        documentation: "Where a secret is. A secret itself never stands in this file.",
        fields: [
          field(
            "env", "text", .text(pattern: "^[A-Za-z_][A-Za-z0-9_]*$"), .now,
            "Name of an environment variable, or of a line in `.env` beside this file."),
          field(
            "file", "path", .text(pattern: nil), .now,
            "File that holds nothing else. Warned of unless its mode is 0600 or it is mounted under `/run/secrets` or `/run/credentials`."),
          field(
            "command", "list of text", .list(.text(pattern: nil), atLeast: 1), .now,
            "Program and arguments, without a shell; its standard output is the secret. 10 s and 64 KiB at most."),
          field("vault", "text", .text(pattern: nil), .notYet(), "Path and key in HashiCorp Vault."),
          field("aws_secret", "text", .text(pattern: nil), .notYet(), "Name or ARN in AWS Secrets Manager."),
          field(
            "fields", "mapping of name to secret reference", .map(.anything, keyPattern: nil), .now,
            "A credential of several fields, each with a reference of its own; any other reference may give it whole, as a JSON object."),
        ],
        rules: [.exactlyOne(["env", "file", "command", "vault", "aws_secret", "fields"])])
    }
  }
}
