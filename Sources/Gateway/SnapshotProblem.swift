import Configuration

/// One thing that stands in the way of serving a configuration, and where in the file it comes from.
public struct SnapshotProblem: Sendable, Equatable, CustomStringConvertible {
  /// Keys, and positions in lists counted from 0, that lead to the place; the place itself may have been left to a default.
  public let path: [String]
  /// `authentication 'app': '/etc/voxgate/keys.json': ...`; never holds a secret.
  public let description: String

  /// The first line: files of keys are told with an excerpt.
  var headline: String { String(description.prefix { $0 != "\n" }) }

  init(_ owner: String, at path: [String], _ error: any Error) {
    self.path = path
    description = "\(owner): \(error)"
  }
}

extension AuthenticationMethod {
  /// The key that names what the method's own keys are read from; none where nothing is read.
  var keyFile: [String] {
    switch self {
    case .jwt(let method):
      if method.secret != nil {
        ["secret"]
      } else if method.publicKey != nil {
        ["public_key"]
      } else if method.jwksFile != nil {
        ["jwks_file"]
      } else {
        []
      }
    case .apiKey: ["file"]
    case .introspection: ["client_secret"]
    case .sessionToken, .forward, .mutualTLS: []
    }
  }
}
