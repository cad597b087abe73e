import JSON
import YAML

/// Where a secret is, since it never stands in the file itself.
public indirect enum SecretReference: Hashable, Sendable, CustomStringConvertible {
  case environment(String)
  /// An absolute path, or one from the working directory.
  case file(String)
  /// A program and its arguments; what it prints is the secret.
  case command([String])
  /// `path#key` in HashiCorp Vault.
  case vault(String)
  /// A name or ARN in AWS Secrets Manager.
  case awsSecret(String)
  /// Several fields, each with a reference of its own; together they are a JSON object of texts.
  case fields([String: SecretReference])

  /// `{env: NAME}`: the source, which is no secret. Of a command only the program is named: an argument may be one.
  public var description: String {
    switch self {
    case .environment(let name): "{env: \(name)}"
    case .file(let path): "{file: \(YAMLText.flow(path))}"
    case .command(let words): "{command: [\(YAMLText.flow(words.first ?? ""))\(words.count > 1 ? ", ..." : "")]}"
    case .vault(let path): "{vault: \(YAMLText.flow(path))}"
    case .awsSecret(let name): "{aws_secret: \(YAMLText.flow(name))}"
    case .fields(let fields):
      "{fields: {\(fields.sorted { $0.key < $1.key }.map { "\(YAMLText.flow($0.key)): \($0.value)" }.joined(separator: ", "))}}"
    }
  }

  /// Fetches the secret. Blanks and line ends around it are removed: files and commands end in a newline.
  /// Reads a file or waits for a command (10 s at most), so this blocks.
  public func resolve(environment: [String: String]) throws(SecretError) -> Secret {
    let text: String
    switch self {
    case .environment(let name):
      guard let value = environment[name] else { throw .unset(name: name) }
      text = value
    case .file(let path): text = try SmallFile.secret(at: path)
    case .command(let words): text = try CommandOutput.secret(of: words, environment: environment)
    case .vault: throw .notYet(source: "vault")
    case .awsSecret: throw .notYet(source: "aws_secret")
    case .fields(let fields): text = try Self.object(of: fields, environment)
    }
    let trimmed = Self.trimmed(text)
    guard !trimmed.isEmpty else { throw .empty(source: description) }
    return Secret(trimmed)
  }

  private static func object(
    of fields: [String: SecretReference], _ environment: [String: String]
  ) throws(SecretError) -> String {
    var object = JSONObject()
    for (name, reference) in fields.sorted(by: { $0.key < $1.key }) {
      object[name] = .string(try reference.resolve(environment: environment).reveal())
    }
    return JSONValue.object(object).text()
  }

  private static func trimmed(_ text: String) -> String {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
