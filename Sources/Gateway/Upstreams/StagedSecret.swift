import Configuration

/// A secret as a configuration that is being built has read it. It is in force with that configuration, and not before: one that is refused
/// changes nothing.
struct StagedSecret: Sendable {
  let secret: RotatingSecret
  let result: Result<Secret, SecretError>

  /// Reads it, waiting for it.
  init(_ secret: RotatingSecret, environment: [String: String]) {
    self.secret = secret
    result = Result { () throws(SecretError) in try secret.reference.resolve(environment: environment) }
  }

  /// Nil where it cannot be had now.
  var value: Secret? { try? result.get() }

  /// Why it cannot be had now, though it could before.
  var loss: SecretError? {
    guard case .failure(let error) = result, secret.secret != nil else { return nil }
    return error
  }
}

/// A credential that was in force and cannot be had any more.
struct CredentialLoss: Error, CustomStringConvertible {
  /// Its place among those of its upstream, from 0.
  let index: Int
  let error: SecretError

  var description: String { "\(error): a credential that was there is gone" }
}

extension Upstream {
  /// The keys that lead to one of an upstream's credentials, in whichever form the file has them.
  static func path(_ name: String, credential index: Int) -> [String] {
    ["upstreams", name, "credential", "credentials", "\(index)", "secret"]
  }
}
