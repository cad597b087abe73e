/// Why a secret could not be had. Names the source, never a value.
public enum SecretError: Error, Hashable, Sendable, CustomStringConvertible {
  case unset(name: String)
  case unreadable(path: String, reason: String)
  case command(program: String, reason: String)
  /// The source exists and holds nothing.
  case empty(source: String)
  /// The gateway cannot fetch from there yet.
  case notYet(source: String)

  public var description: String {
    switch self {
    case .unset(let name): "environment variable '\(name)' is not set"
    case .unreadable(let path, let reason): "secret file '\(path)' cannot be read: \(reason)"
    case .command(let program, let reason): "secret command '\(program)' \(reason)"
    case .empty(let source): "\(source) holds no secret, only blanks"
    case .notYet(let source): "secrets from \(source) are not yet in effect; use env, file or command"
    }
  }
}
